-- Lists in envelopes: JSON, or its hash where it is long, because an envelope has at most 65,535 bytes.
create or replace function _list_text(p_list text[]) returns text language sql immutable parallel safe as $$
  select case when octet_length(j) <= 2000 then j else 'sha256:' || encode(sha256(convert_to(j, 'UTF8')), 'hex') end
  from (select array_to_json(p_list)::text j offset 0) s
$$;
revoke all on function _list_text(text[]) from public;
