-- A stored JSON document; null when it is not stored, or was erased.
create or replace function _json(p_sha256 bytea) returns jsonb language sql stable as $$
select convert_from(b.body, 'UTF8')::jsonb from blobs b where b.sha256 = p_sha256
$$;
revoke all on function _json(bytea) from public;
