-- By the administrator, idempotent, for one database (a clone of a template needs it again: these are not copied).
do $$
declare
  login text;
begin
  execute format('revoke all on database %I from public', current_database());
  execute format('alter database %I set timezone = ''UTC''', current_database());
  foreach login in array array['aura_migrator', 'aura_manager', 'aura_agent', 'aura_auditor', 'aura_observer'] loop
    execute format('grant connect on database %I to %I', current_database(), login);
  end loop;
  execute format('grant create on database %I to aura_owner', current_database());
end $$;
