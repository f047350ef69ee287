-- generation byte | transaction | counter: the order of ids is the commit-safe order (below the snapshot frontier).
create or replace function _next_event_id(p_id_head text) returns text language sql volatile as $$
  select p_id_head || substr(to_hex(281474976710656 + nextval('audit_counter')), 2)
$$;
revoke all on function _next_event_id(text) from public;
