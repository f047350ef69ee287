-- The verified plan of a run: {id, run_id, revision, content_sha256, verification_id}; it is the run's plan from now on, and
-- its digest (_plan_digest) what an approval of it binds. The same again: done. Refused: not_found, run_closed, verification_missing (none accepted exactly this content),
-- illegal_transition (not the next revision).
create or replace function adopt_plan(ctx jsonb, plan jsonb) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
<<adopting>>
declare
  plan_id constant uuid := (plan->>'id')::uuid;
  r orchestra_runs;
  q verification_requests;
begin
  perform _enter_leader(ctx);
  select * into r from orchestra_runs where id = (plan->>'run_id')::uuid for no key update;
  if exists (select from plans p where p.id = adopting.plan_id and p.content_sha256 = decode(plan->>'content_sha256', 'hex')) then
    return _outcome('adopt_plan', 'plan', plan_id, null);
  end if;
  if r.id is null then return _outcome('adopt_plan', 'plan', plan_id, 'not_found'); end if;
  if not _is_open_run(r.status) then return _outcome('adopt_plan', 'plan', plan_id, 'run_closed'); end if;
  q := _accepted_request(r.id, (plan->>'verification_id')::uuid, 'plan');
  if q.id is null or q.product_sha256 is distinct from decode(plan->>'content_sha256', 'hex') then
    return _outcome('adopt_plan', 'plan', plan_id, 'verification_missing');
  end if;
  if (plan->>'revision')::int <> 1 + (select coalesce(max(p.revision), 0) from plans p where p.run_id = r.id) then
    return _outcome('adopt_plan', 'plan', plan_id, 'illegal_transition', 'not the next revision');
  end if;
  insert into plans (id, run_id, revision, content_sha256, digest, verification_id)
  values (plan_id, r.id, (plan->>'revision')::int, q.product_sha256, _plan_digest(r.id, q.product_sha256), (plan->>'verification_id')::uuid);
  update orchestra_runs set plan_id = adopting.plan_id where id = r.id;
  return _outcome('adopt_plan', 'plan', plan_id, null);
end
$$;
revoke all on function adopt_plan(jsonb, jsonb) from public;
grant execute on function adopt_plan(jsonb, jsonb) to aura_manager;
