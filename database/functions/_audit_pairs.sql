-- SQL expressions, one a column in the order of RFC 8785, that give `,"column":"text"`: of every value that is not null,
-- or, for an update, of every value that changed. Numbers, hashes and times need no escaping,
-- and it would cost more than everything else about them.
create or replace function _audit_pairs(p_table text, p_columns text[], p_changed boolean) returns text language sql stable as $$
  select coalesce(string_agg(
    case when p_changed
      then format('case when r.%1$I is distinct from o.%1$I then case when r.%1$I is null then '',"%1$s":null'' else %2$s end end', c, p.pair)
      else format('case when r.%1$I is not null then %2$s end', c, p.pair) end,
    ', ' order by c collate "C"), '''''')
  from unnest(p_columns) c
  join pg_attribute a on a.attrelid = p_table::regclass and a.attname = c
  cross join lateral (select case
    when a.atttypid = any ('{uuid,bytea,int4,int8,numeric,bool,timestamp,timestamptz}'::regtype[])
    then format(''',"%1$s":"'' || %2$s || ''"''', c, _audit_text(p_table, c, 'r'))
    else format(''',"%1$s":'' || to_json(%2$s)', c, _audit_text(p_table, c, 'r')) end) p (pair)
$$;
revoke all on function _audit_pairs(text, text[], boolean) from public;
