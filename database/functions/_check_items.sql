-- Raises AU001 unless the ids are there, distinct and as many as each of the other lists.
create or replace function _check_items(p_ids anyarray, variadic p_sizes int[] default '{}') returns void language plpgsql immutable as $$
begin
  if p_ids is null or array_position(p_ids, null) is not null
    or (select count(*) <> count(distinct u) from unnest(p_ids) u)
    or exists (select from unnest(p_sizes) size where size is distinct from cardinality(p_ids))
  then
    raise exception 'malformed items: ids must be distinct and every list as long as the ids' using errcode = 'AU001';
  end if;
end $$;
revoke all on function _check_items(anyarray, int[]) from public;
