-- The permanent row of one act of the Director, refused ones too.
create or replace function _record_action(
  p_key api_keys, p_id uuid, p_action text, p_target_id uuid, p_reason text, args jsonb, p_refusal text[], p_request_id text
) returns void language sql as $$
insert into director_actions (id, director_id, action, target_id, reason, created_at, key_id, outcome, code, detail, args_sha256, request_id)
  values (p_id, p_key.name, p_action, p_target_id, p_reason, clock_timestamp() at time zone 'UTC', p_key.id,
          case when p_refusal is null then 'done' else 'refused' end, p_refusal[1], p_refusal[2], _args_sha256(args), p_request_id)
$$;
revoke all on function _record_action(api_keys, uuid, text, uuid, text, jsonb, text[], text) from public;
