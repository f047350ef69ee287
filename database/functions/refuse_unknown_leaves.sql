-- Trigger: whoever numbers events, a leaf is that of an event in the log.
create or replace function refuse_unknown_leaves() returns trigger language plpgsql security definer
  set search_path = pg_catalog, public, pg_temp set enable_hashjoin = off set enable_mergejoin = off set enable_seqscan = off set jit = off as $$
begin
  if exists (select from new_rows n where not exists (select from audit_events e where e.id = n.event_id and e.leaf = n.leaf)) then
    raise exception 'a leaf that no event has' using errcode = 'AU002';
  end if;
  return null;
end $$;
revoke all on function refuse_unknown_leaves() from public;
