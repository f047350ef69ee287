-- The runtime that has this token; null when none has.
create or replace function _runtime_of(p_token text) returns uuid language plpgsql stable as $$
begin
  return (select id from agent_runtimes where token_sha256 = sha256(convert_to(p_token, 'UTF8')));
end $$;
revoke all on function _runtime_of(text) from public;
