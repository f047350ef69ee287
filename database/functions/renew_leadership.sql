-- Keeps the lease of the term in force; one that ran out is not renewed, its holder stands for election again. Not audited.
create or replace function renew_leadership(ctx jsonb) returns void
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
begin
  perform _enter_leader(ctx);
  update manager_lease set expires_at = clock_timestamp() + lasts;
end
$$;
revoke all on function renew_leadership(jsonb) from public;
grant execute on function renew_leadership(jsonb) to aura_manager;
