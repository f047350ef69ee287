-- First call of the verbs of whoever seals: _enter, and the term is the one in force. Holds the lease for the transaction.
-- Raises AU006 for any other term.
create or replace function _enter_sealer(ctx jsonb, p_term bigint) returns void language plpgsql as $$
begin
  perform _enter(ctx, array['auditor']);
  perform from audit_sealer s where s.term = p_term and s.holder = ctx->>'actor_id' for share;
  if not found then
    raise exception 'term % does not seal, or not any more', coalesce(p_term, 0) using errcode = 'AU006';
  end if;
end $$;
revoke all on function _enter_sealer(jsonb, bigint) from public;
