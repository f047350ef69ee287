-- How much text a stored prompt or reply is, in characters and in bytes: a prompt names the one before it (`previous`) and
-- holds what was added since, so all of them count, 64 at most. Bytes that are no text count as characters.
create or replace function _stored_text(p_sha256 bytea, out characters bigint, out octets bigint) language plpgsql stable as $$
declare
  next_sha256 bytea := p_sha256;
  stored blobs;
  body text;
begin
  characters := 0;
  octets := 0;
  for i in 1 .. 64 loop
    select * into stored from blobs b where b.sha256 = next_sha256;
    exit when stored.sha256 is null;
    begin
      body := convert_from(stored.body, 'UTF8');
    exception when data_exception then
      body := null;
    end;
    characters := characters + coalesce(length(body), stored.size);
    octets := octets + stored.size;
    next_sha256 := decode(substring(body from '"previous":"([0-9a-f]{64})"'), 'hex');
  end loop;
end
$$;
revoke all on function _stored_text(bytea) from public;
