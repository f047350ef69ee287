-- Elects the caller when nobody leads: the next term, by the database's clock. One row says who leads then. Waits a moment
-- for verbs of the former leader that are under way (55P03 when they go on); no vote takes longer than that.
create or replace function claim_leadership(ctx jsonb, lease_s int) returns table (elected boolean, term bigint, holder text)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' set lock_timeout = '1s' as $$
#variable_conflict use_column
declare
  l manager_lease;
begin
  perform _enter(ctx, array['manager']);
  if coalesce(lease_s, 0) not between 2 and 600 then
    raise exception 'malformed lease: 2 to 600 seconds' using errcode = 'AU001';
  end if;
  select * into l from manager_lease;
  if l.expires_at <= clock_timestamp() then
    select * into l from manager_lease for update;
  end if;
  if l.expires_at > clock_timestamp() then
    return query select false, l.term, l.holder;
    return;
  end if;
  update manager_terms set ended_at = clock_timestamp(), ending = 'expired' where ended_at is null;
  insert into manager_terms (term, holder) values (l.term + 1, ctx->>'actor_id');
  update manager_lease set term = l.term + 1, holder = ctx->>'actor_id', lasts = make_interval(secs => lease_s),
                           expires_at = clock_timestamp() + make_interval(secs => lease_s);
  return query select true, l.term + 1, ctx->>'actor_id';
end
$$;
revoke all on function claim_leadership(jsonb, int) from public;
grant execute on function claim_leadership(jsonb, int) to aura_manager;
