-- Who may read what. Nobody may write anything but through verbs, and agents and observers read no table at all.
do $$
declare
  t record;
begin
  for t in select c.oid::regclass as name, c.relname from pg_class c
           where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'S') and pg_has_role(c.relowner, 'member') loop
    execute format('revoke all on %s from public, aura_manager, aura_agent, aura_auditor, aura_observer', t.name);
    continue when t.relname in ('api_keys', 'agent_runtimes', 'idempotent_replies');
    continue when exists (select from pg_class c where c.oid = t.name::regclass and c.relkind = 'S');
    execute format('grant select on %s to aura_manager, aura_auditor', t.name);
  end loop;
end $$;

grant select (id, name, capacity, providers, registered_at) on agent_runtimes to aura_manager, aura_auditor;

grant select (id, name, role, created_at, expires_at, revoked_at) on api_keys to aura_manager;

grant usage on schema dash to aura_observer, aura_manager;
grant select on all tables in schema dash to aura_observer, aura_manager;
