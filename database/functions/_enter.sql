-- First call of every verb, through _enter_director, _enter_leader or _enter_runtime where it has one of these: checks ctx
-- {actor_kind, actor_id, request_id, action_id}, for a leader {term} too, and sets it for the transaction,
-- so that the audit triggers know who acts; a verb that moves tasks names itself after it (_in_verb). Raises AU001 when it is malformed.
create or replace function _enter(ctx jsonb, p_allowed text[]) returns void language plpgsql as $$
begin
  if jsonb_typeof(ctx) is distinct from 'object'
    or coalesce(ctx->>'actor_kind', '') <> all (p_allowed)
    or coalesce(length(ctx->>'actor_id'), 0) not between 1 and 200
    or length(ctx->>'request_id') > 200 or length(ctx->>'action_id') > 200
  then
    raise exception 'malformed ctx: actor_kind must be one of %, actor_id 1 to 200 characters', p_allowed using errcode = 'AU001';
  end if;
  perform _in_verb(null);
  perform _act_as(ctx->>'actor_kind', ctx->>'actor_id', ctx->>'request_id', ctx->>'action_id');
end $$;
revoke all on function _enter(jsonb, text[]) from public;
