-- The tree, in hexadecimal, that a stored DSSE envelope of an in-toto statement names as its only subject; null when it is no
-- such envelope, or of another predicate.
create or replace function _attested_tree(p_envelope_sha256 bytea, p_predicate_type text) returns text language plpgsql stable as $$
declare
  envelope jsonb;
  statement jsonb;
begin
  envelope := _json(p_envelope_sha256);
  statement := convert_from(decode(envelope->>'payload', 'base64'), 'UTF8')::jsonb;
  return case when envelope->>'payloadType' = 'application/vnd.in-toto+json' and jsonb_array_length(envelope->'signatures') = 1
    and statement->>'_type' = 'https://in-toto.io/Statement/v1' and statement->>'predicateType' = p_predicate_type
    and jsonb_array_length(statement->'subject') = 1 then statement->'subject'->0->'digest'->>'sha256' end;
exception when others then  -- whatever it is, it is no statement
  return null;
end
$$;
revoke all on function _attested_tree(bytea, text) from public;
