-- Makes the public halves of the keys known that sign attestations: each is an event. One that is known already: done.
-- Refused: other_name (it is not <log>/attestation), id_mismatch.
create or replace function register_attestation_keys(ctx jsonb, verifier_keys text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  v_key text;
  code text;
begin
  perform _enter(ctx, array['auditor']);
  foreach v_key in array coalesce(verifier_keys, '{}') loop
    code := case
      when split_part(v_key, '+', 1) is distinct from (select 'aura_orchestra/' || log_id || '/attestation' from audit_log_state) then 'other_name'
      when split_part(v_key, '+', 2) !~ '^[0-9a-f]{8}$' then 'id_mismatch'
      when exists (select from attestation_keys k where k.id = split_part(v_key, '+', 2) and k.verifier_key <> v_key) then 'id_mismatch' end;
    if code is null then
      insert into attestation_keys (id, verifier_key) values (split_part(v_key, '+', 2), v_key) on conflict (id) do nothing;
    end if;
    return next _outcome('register_attestation_keys', 'attestation_key', null, code, split_part(v_key, '+', 2));
  end loop;
end
$$;
revoke all on function register_attestation_keys(jsonb, text[]) from public;
grant execute on function register_attestation_keys(jsonb, text[]) to aura_auditor;
