-- Passes a gate, once and in time: the approval is approved, unused, and about exactly this digest, which is still that of
-- its subject. Refused: not_found, illegal_transition (not approved), approval_used, digest_mismatch, expired.
create or replace function use_approvals(ctx jsonb, approval_ids uuid[], digests bytea[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(approval_ids, cardinality(digests));
  perform from approvals where id = any (approval_ids) order by id for no key update;
  select array_agg(case
      when a.id is null then 'not_found'
      when a.status <> 'approved' then 'illegal_transition'
      when a.used_at is not null then 'approval_used'
      when a.digest is distinct from i.digest or a.digest is distinct from _approval_digest(a.run_id, a.kind, a.subject_id, a.content_sha256)
        then 'digest_mismatch'
      when a.expires_at <= clock_timestamp() then 'expired'
    end order by i.n)
  into codes from unnest(approval_ids, digests) with ordinality i (id, digest, n) left join approvals a on a.id = i.id;
  update approvals a set used_at = now() from unnest(approval_ids, codes) i (id, code) where a.id = i.id and i.code is null;
  return query select * from _outcomes('use_approvals', 'approval', approval_ids, codes);
end
$$;
revoke all on function use_approvals(jsonb, uuid[], bytea[]) from public;
grant execute on function use_approvals(jsonb, uuid[], bytea[]) to aura_manager;
