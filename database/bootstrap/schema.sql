-- By the administrator, idempotent: who may use the schema and make things in it.
revoke all on schema public from public;
grant usage on schema public to aura_migrator, aura_manager, aura_agent, aura_auditor;
grant usage, create on schema public to aura_owner;
alter default privileges for role aura_owner revoke execute on functions from public;

-- Bytes are stored as blobs, by hash and through a verb: nobody makes large objects past them.
do $$
declare
  f regprocedure;
begin
  if not (select rolsuper from pg_roles where rolname = current_user) then return; end if;
  for f in select p.oid::regprocedure from pg_proc p
           where p.pronamespace = 'pg_catalog'::regnamespace and (p.proname like 'lo\_%' or p.proname in ('loread', 'lowrite'))
             and has_function_privilege('public', p.oid, 'execute') loop
    execute format('revoke execute on function %s from public', f);
  end loop;
end $$;
