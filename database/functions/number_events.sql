-- Gives the next committed events their place in the log: dense, without gaps, in the order of their ids, strictly below the
-- snapshot frontier, where no transaction can still add one. Returns the size of the log and how many were numbered.
create or replace function number_events(p_limit int) returns table (size bigint, numbered int)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  s audit_log_state;
  added int;
  last uuid;
begin
  select * into s from audit_log_state for no key update;
  with next_events as (
    select e.id, e.leaf, row_number() over (order by e.id) n from audit_events e
    where e.id > coalesce(s.last_event_id, '00000000-0000-0000-0000-000000000000')
      and e.id < _uuid_floor(s.generation, pg_snapshot_xmin(pg_current_snapshot()))
    order by e.id limit least(greatest(p_limit, 0), 100000))
  , placed as (
    insert into audit_leaves (seq, event_id, leaf) select s.size + n - 1, id, leaf from next_events order by n returning seq)
  select count(*)::int, (select x.id from next_events x order by x.n desc limit 1) into added, last from placed;
  if added > 0 then
    update audit_log_state set size = s.size + added, last_event_id = last;
  end if;
  return query select s.size + added, added;
end
$$;
revoke all on function number_events(int) from public;
grant execute on function number_events(int) to aura_auditor;
