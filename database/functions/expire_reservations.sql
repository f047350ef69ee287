-- Model calls that were reserved and never settled: charged in full. One row a call.
create or replace function expire_reservations(ctx jsonb, older_than_s int) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  ids uuid[];
begin
  perform _enter_leader(ctx);
  with due as (
    select c.id from model_calls c where c.status = 'reserved' and c.created_at < clock_timestamp() - make_interval(secs => older_than_s) order by c.id for no key update skip locked)
  , charged as (
    update model_calls c set status = 'charged_in_full', usd = c.reserved_usd, settled_at = now() from due where c.id = due.id returning c.id)
  select coalesce(array_agg(charged.id), '{}') into ids from charged;
  return query select * from _outcomes('expire_reservations', 'model_call', ids, null);
end
$$;
revoke all on function expire_reservations(jsonb, int) from public;
grant execute on function expire_reservations(jsonb, int) to aura_manager;
