-- By the administrator, idempotent: who may use the schema and make things in it.
revoke all on schema public from public;
grant usage on schema public to aura_migrator, aura_manager, aura_agent, aura_auditor;
grant usage, create on schema public to aura_owner;
alter default privileges for role aura_owner revoke execute on functions from public;
