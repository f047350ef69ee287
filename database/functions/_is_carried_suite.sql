-- Whether a suite only repeats tests of the base run's suite, word for word and with its prelude, each about requirements
-- that are the same in both runs. One without tests carries nothing over.
create or replace function _is_carried_suite(r orchestra_runs, p_content_sha256 bytea) returns boolean language sql stable as $$
with base as (
  select _json(s.content_sha256) suite, b.id run_id from orchestra_runs b join suites s on s.id = b.suite_id where b.id = r.base_run_id),
carried as (
  select _json(p_content_sha256) suite)
select exists (
  select from base b, carried c
  where jsonb_array_length(_items(c.suite->'tests')) > 0 and c.suite->'prelude' is not distinct from b.suite->'prelude'
    and not exists (select from jsonb_array_elements(_items(c.suite->'tests')) t where t not in (select e from jsonb_array_elements(_items(b.suite->'tests')) e))
    and not exists (
      select from jsonb_array_elements(_items(c.suite->'tests')) t, jsonb_array_elements_text(_items(t->'requirement_ids')) k
      where not exists (select from requirements n join requirements o on o.key = n.key and o.content_sha256 = n.content_sha256
                        where n.run_id = r.id and n.key = k and o.run_id = b.run_id)))
$$;
revoke all on function _is_carried_suite(orchestra_runs, bytea) from public;
