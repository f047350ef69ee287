-- Forgets replies under an Idempotency-Key that are older than 24 hours, a thousand at a time; returns how many. Nobody makes
-- the time shorter: until then a repeated request is answered as the first time. They are no part of the log.
create or replace function forget_replies(ctx jsonb) returns int
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  forgotten int;
begin
  perform _enter_leader(ctx);
  delete from idempotent_replies i using (
    select scope, key from idempotent_replies where created_at < clock_timestamp() - interval '24 hours'
    order by created_at limit 1000 for update skip locked) old
  where i.scope = old.scope and i.key = old.key;
  get diagnostics forgotten = row_count;
  return forgotten;
end
$$;
revoke all on function forget_replies(jsonb) from public;
grant execute on function forget_replies(jsonb) to aura_manager;
