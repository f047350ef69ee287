-- Ends the caller's term at once, after its own verbs that are under way, so that nobody waits for the lease of a Manager
-- that is stopped on purpose.
create or replace function release_leadership(ctx jsonb) returns void
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '3s' as $$
begin
  perform from manager_lease for update;
  perform _enter_leader(ctx);
  update manager_terms set ended_at = clock_timestamp(), ending = 'released' where ended_at is null;
  update manager_lease set expires_at = clock_timestamp();
end
$$;
revoke all on function release_leadership(jsonb) from public;
grant execute on function release_leadership(jsonb) to aura_manager;
