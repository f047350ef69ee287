-- Whether an agent's own provider or model is set and within the run's allow-list (comma-separated; null allows all).
create or replace function _in_list(p_word text, p_list text) returns boolean
  language sql immutable as $$
select p_word is not null and (p_list is null or p_word = any (string_to_array(replace(p_list, ' ', ''), ',')))
$$;
revoke all on function _in_list(text, text) from public;
