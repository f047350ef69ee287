-- Makes the public halves of the Auditor's keys known, with the reason why they are new: each is an event. One that is
-- known already: done. Refused: other_name (its name is not that of the log), id_mismatch.
create or replace function register_audit_keys(ctx jsonb, verifier_keys text[], p_reason text) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  v_generation int;
  v_key text;
  code text;
begin
  perform _enter(ctx, array['auditor']);
  select generation into v_generation from audit_log_state;
  foreach v_key in array coalesce(verifier_keys, '{}') loop
    code := case
      when split_part(v_key, '+', 1) is distinct from _log_origin(v_generation) then 'other_name'
      when split_part(v_key, '+', 2) !~ '^[0-9a-f]{8}$' then 'id_mismatch'
      when exists (select from audit_keys k where k.id = split_part(v_key, '+', 2) and k.verifier_key <> v_key) then 'id_mismatch' end;
    if code is null then
      insert into audit_keys (id, generation, verifier_key, reason) values (split_part(v_key, '+', 2), v_generation, v_key, left(p_reason, 200))
      on conflict (id) do nothing;
    end if;
    return next _outcome('register_audit_keys', 'audit_key', null, code, split_part(v_key, '+', 2));
  end loop;
end
$$;
revoke all on function register_audit_keys(jsonb, text[], text) from public;
grant execute on function register_audit_keys(jsonb, text[], text) to aura_auditor;
