-- What stands for the arguments of an act in its permanent row.
create or replace function _args_sha256(args jsonb) returns bytea language sql immutable parallel safe as $$
  select case when args is not null then sha256(convert_to(args::text, 'UTF8')) end
$$;
revoke all on function _args_sha256(jsonb) from public;
