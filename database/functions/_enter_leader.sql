-- First call of every verb of the Manager's loop: the Manager that shows {actor_id, term} in ctx must lead now. Held until
-- the transaction ends, so an election waits for it, and what was begun under a term is done before the next one begins.
-- Raises AU006 otherwise: nothing of such a call may take effect.
create or replace function _enter_leader(ctx jsonb) returns void language plpgsql as $$
begin
  perform _enter(ctx, array['manager']);
  perform from manager_lease l
  where l.term::text = ctx->>'term' and l.holder = ctx->>'actor_id' and l.expires_at > clock_timestamp() for key share;
  if not found then
    raise exception 'term % of % is not in force', coalesce(ctx->>'term', '(none)'), ctx->>'actor_id' using errcode = 'AU006';
  end if;
end $$;
revoke all on function _enter_leader(jsonb) from public;
