-- The same for a verb with one item.
create or replace function _outcome(p_verb text, p_subject_type text, p_id uuid, p_code text, p_detail text default null)
returns verb_outcome language plpgsql as $$
begin
  perform _record_refusals(p_verb, p_subject_type, array[p_id], array[p_code]);
  return (p_id, case when p_code is null then 'done' else 'refused' end, p_code, p_detail)::verb_outcome;
end $$;
revoke all on function _outcome(text, text, uuid, text, text) from public;
