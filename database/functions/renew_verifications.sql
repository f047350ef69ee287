-- Renews leases. held = false: stop at once, another auditor has it, it was judged, or the system was stopped.
create or replace function renew_verifications(
  p_holder text, request_ids uuid[], claim_ids bigint[], lease_s int
) returns table (request_id uuid, held boolean)
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
#variable_conflict use_column
declare
  kept uuid[];
begin
  perform _check_items(request_ids, cardinality(claim_ids));
  with renewed as (
    update verification_leases l set expires_at = clock_timestamp() + _lease_seconds(lease_s)
    from unnest(request_ids, claim_ids) i (id, claim)
    where l.request_id = i.id and l.claim_id = i.claim and l.holder = p_holder and not _is_stopped()
      and not exists (select from verifications v where v.request_id = l.request_id)
    returning l.request_id)
  select array_agg(renewed.request_id) into kept from renewed;
  return query select i.id, coalesce(i.id = any (kept), false) from unnest(request_ids) with ordinality i (id, n) order by i.n;
end
$$;
revoke all on function renew_verifications(text, uuid[], bigint[], int) from public;
grant execute on function renew_verifications(text, uuid[], bigint[], int) to aura_auditor;
