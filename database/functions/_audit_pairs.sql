-- SQL expressions, one a column in the order of RFC 8785, that give `,"column":"text"`: of every value that is not null,
-- or, for an update, of every value that changed.
create or replace function _audit_pairs(p_table text, p_columns text[], p_changed boolean) returns text language sql stable as $$
  select coalesce(string_agg(
    case when p_changed
      then format('case when r.%1$I is distinct from o.%1$I then '',"%1$s":'' || coalesce(to_json(%2$s)::text, ''null'') end', c, _audit_text(p_table, c, 'r'))
      else format('case when r.%1$I is not null then '',"%1$s":'' || to_json(%2$s) end', c, _audit_text(p_table, c, 'r')) end,
    ', ' order by c collate "C"), '''''')
  from unnest(p_columns) c
$$;
revoke all on function _audit_pairs(text, text[], boolean) from public;
