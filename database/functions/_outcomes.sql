-- Last call of every verb that takes arrays: one row an item in the order of the call, refusals recorded. A code that is
-- null means done. p_ids may differ from the ids of the items where the item made something (p_result_ids).
create or replace function _outcomes(
  p_verb text, p_subject_type text, p_ids uuid[], p_codes text[], p_details text[] default null, p_result_ids uuid[] default null
) returns setof verb_outcome language plpgsql as $$
begin
  if coalesce(cardinality(p_ids), 0) = 0 then return; end if;
  perform _record_refusals(p_verb, p_subject_type, p_ids, p_codes);
  return query
    select coalesce(i.result_id, i.id), case when i.code is null then 'done' else 'refused' end, i.code, i.detail
    from unnest(p_ids, coalesce(p_codes, array_fill(null::text, array[cardinality(p_ids)])), p_details, p_result_ids)
      with ordinality i (id, code, detail, result_id, n)
    where i.n <= cardinality(p_ids) order by i.n;
end $$;
revoke all on function _outcomes(text, text, uuid[], text[], text[], uuid[]) from public;
