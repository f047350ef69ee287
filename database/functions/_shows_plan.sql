-- Whether a stored document shows exactly this plan, every requirement of its run, and the packages that the Auditor fetched
-- for it, where it needs any: what the Director reads is what is bound.
create or replace function _shows_plan(p_plan_id uuid, p_content_sha256 bytea) returns boolean language sql stable as $$
select coalesce((
  select _json(p_content_sha256) = jsonb_build_object('kind', 'plan', 'revision', p.revision, 'plan', _json(p.content_sha256), 'requirements',
      (select coalesce(jsonb_agg(_json(q.content_sha256) order by substr(q.key, 2)::int), '[]') from requirements q where q.run_id = p.run_id))
    || coalesce((select jsonb_build_object('dependencies', d.fetched)
                 from verifications v, lateral (select _json(v.report_sha256)->'dependencies' as fetched) d
                 where v.id = p.verification_id and d.fetched is not null), '{}')
  from plans p where p.id = p_plan_id), false)
$$;
revoke all on function _shows_plan(uuid, bytea) from public;
