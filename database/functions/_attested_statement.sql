-- The in-toto statement about one subject in a stored DSSE envelope; null when it is no such envelope, or of another predicate.
create or replace function _attested_statement(p_envelope_sha256 bytea, p_predicate_type text) returns jsonb language plpgsql stable as $$
declare
  envelope jsonb;
  statement jsonb;
begin
  envelope := _json(p_envelope_sha256);
  statement := convert_from(decode(envelope->>'payload', 'base64'), 'UTF8')::jsonb;
  return case when envelope->>'payloadType' = 'application/vnd.in-toto+json' and jsonb_array_length(envelope->'signatures') = 1
    and statement->>'_type' = 'https://in-toto.io/Statement/v1' and statement->>'predicateType' = p_predicate_type
    and jsonb_array_length(statement->'subject') = 1 then statement end;
exception when others then  -- whatever it is, it is no statement
  return null;
end
$$;
revoke all on function _attested_statement(bytea, text) from public;
