-- Puts a signed checkpoint of the present generation on record, and the roots of the subtrees that became whole since the one before
-- (see audit_subtrees). The same again: done. The root is the Auditor's word; that the note says the same is checked here.
-- Raises AU006 for a term that is not in force. Refused: beyond_log (not so many numbered), not_larger, other_root, other_note.
create or replace function record_checkpoint(
  ctx jsonb, p_term bigint, p_size bigint, p_root bytea, p_note text, levels int[], positions bigint[], roots bytea[]
) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  s audit_log_state;
  newest audit_checkpoints;
  code text;
begin
  perform _enter_sealer(ctx, p_term);
  select * into s from audit_log_state;
  select * into newest from audit_checkpoints c order by c.size desc limit 1;
  code := case
    when p_size > s.size then 'beyond_log'
    when p_size = newest.size and newest.generation = s.generation and p_root = newest.root then null
    when p_size = newest.size then 'other_root'
    when p_size < newest.size then 'not_larger'
    when not starts_with(p_note, concat(_log_origin(s.generation), e'\n', p_size, e'\n', encode(p_root, 'base64'), e'\n\n')) then 'other_note'
  end;
  if code is null and p_size is distinct from newest.size then
    insert into audit_checkpoints (generation, size, root, note, term) values (s.generation, p_size, p_root, p_note, p_term);
    insert into audit_subtrees (level, position, root) select * from unnest(levels, positions, roots);
  end if;
  return next _outcome('record_checkpoint', 'checkpoint', null, code, p_size::text);
end
$$;
revoke all on function record_checkpoint(jsonb, bigint, bigint, bytea, text, int[], bigint[], bytea[]) from public;
grant execute on function record_checkpoint(jsonb, bigint, bigint, bytea, text, int[], bigint[], bytea[]) to aura_auditor;
