-- Lists in envelopes: JSON, or its hash where it is long.
create or replace function _list_text(p_list text[]) returns text language sql stable parallel safe as $$
  select _short_text(array_to_json(p_list)::text)
$$;
revoke all on function _list_text(text[]) from public;
