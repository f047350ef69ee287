-- STABLE although it never changes its mind: convert_to is, and only so is the body put into the statement in place of a call.
-- Texts in envelopes: as they are up to 1,000 bytes, else their hash.
create or replace function _short_text(p_text text) returns text language sql stable parallel safe as $$
  select case when octet_length(p_text) <= 1000 then p_text else 'sha256:' || encode(sha256(convert_to(p_text, 'UTF8')), 'hex') end
$$;
revoke all on function _short_text(text) from public;
