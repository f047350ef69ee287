-- Who of several Auditors seals: the caller when nobody's lease runs, by the database's clock; its own lease is made longer. Holds the
-- row to the end of the transaction, so that nobody else seals meanwhile (55P03 when somebody does). Not audited; the term
-- stands in every checkpoint.
create or replace function claim_sealing(ctx jsonb, lease_s int) returns table (mine boolean, term bigint, holder text)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '1s' as $$
#variable_conflict use_column
declare
  l audit_sealer;
begin
  perform _enter(ctx, array['auditor']);
  if coalesce(lease_s, 0) not between 1 and 600 then
    raise exception 'malformed lease: 1 to 600 seconds' using errcode = 'AU001';
  end if;
  select * into l from audit_sealer for update;
  if l.holder is distinct from ctx->>'actor_id' and l.expires_at > clock_timestamp() then
    return query select false, l.term, l.holder;
    return;
  end if;
  if l.holder is distinct from ctx->>'actor_id' or l.expires_at <= clock_timestamp() then l.term := l.term + 1; end if;
  if l.expires_at < clock_timestamp() + make_interval(secs => lease_s / 2.0) then
    update audit_sealer set term = l.term, holder = ctx->>'actor_id', expires_at = clock_timestamp() + make_interval(secs => lease_s);
  end if;
  return query select true, l.term, ctx->>'actor_id';
end
$$;
revoke all on function claim_sealing(jsonb, int) from public;
grant execute on function claim_sealing(jsonb, int) to aura_auditor;
