-- Says that the Auditor signs with these keys no more, and why: an event each. What they signed stays good. Refused: not_found.
create or replace function retire_audit_keys(ctx jsonb, key_ids text[], p_reason text) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  v_id text;
begin
  perform _enter(ctx, array['auditor']);
  update audit_keys set retired_at = clock_timestamp(), retired_reason = left(coalesce(p_reason, ''), 200)
  where id = any (key_ids) and retired_at is null;
  foreach v_id in array coalesce(key_ids, '{}') loop
    return next _outcome('retire_audit_keys', 'audit_key', null, case when not exists (select from audit_keys k where k.id = v_id) then 'not_found' end, v_id);
  end loop;
end
$$;
revoke all on function retire_audit_keys(jsonb, text[], text) from public;
grant execute on function retire_audit_keys(jsonb, text[], text) to aura_auditor;
