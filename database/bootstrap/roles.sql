-- By the administrator, idempotent. Roles belong to the whole server: the lock makes two migrations at once take turns,
-- also when they are about different databases.
do $$
declare
  login text;
  borrower text;
  is_superuser boolean := (select rolsuper from pg_roles where rolname = current_user);
begin
  if is_superuser then lock table pg_catalog.pg_authid in share row exclusive mode; end if;
  if not exists (select from pg_roles where rolname = 'aura_owner') then create role aura_owner nologin; end if;
  foreach login in array array['aura_migrator', 'aura_manager', 'aura_agent', 'aura_auditor', 'aura_observer'] loop
    if not exists (select from pg_roles where rolname = login) then execute format('create role %I login', login); end if;
    if is_superuser then
      execute format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication nobypassrls', login);
    end if;
    execute format('alter role %I set timezone = ''UTC''', login);
    -- Far above what a service needs: one login that is taken or runs wild leaves room for the others. The Auditor's replay
    -- check reads the whole log.
    if is_superuser then execute format('alter role %I connection limit %s', login, case login when 'aura_observer' then 20 else 80 end); end if;
    if login <> 'aura_migrator' then
      execute format('alter role %I set statement_timeout = %L', login, case login when 'aura_auditor' then '10min' else '60s' end);
    end if;
  end loop;
  if is_superuser then alter role aura_owner nologin nosuperuser nocreatedb nocreaterole noreplication nobypassrls; end if;
  -- noinherit: what the migrate login makes without `set role aura_owner` fails instead of belonging to it.
  alter role aura_migrator noinherit;
  if not pg_has_role('aura_migrator', 'aura_owner', 'member') then grant aura_owner to aura_migrator; end if;
  -- Before Postgres 16 a login may lend itself to another; nobody but the migrate login is a member of anything of ours.
  for login, borrower in
    select m.roleid::regrole, m.member::regrole from pg_auth_members m
    where (m.roleid::regrole::text like 'aura\_%' or m.member::regrole::text ~ '^aura_(manager|agent|auditor|observer|migrator)$')
      and not (m.roleid = 'aura_owner'::regrole and m.member = 'aura_migrator'::regrole)
      and not (select rolsuper from pg_roles where oid = m.member) loop
    execute format('revoke %s from %s', login, borrower);
  end loop;
end $$;
