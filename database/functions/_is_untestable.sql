-- Whether the requirements of a run are known and tests judge none of them: every one is inspected or set aside. Only such
-- a run needs no acceptance suite. It never ends: a requirement keeps its method, and nothing that is set aside comes back.
create or replace function _is_untestable(p_run_id uuid) returns boolean language sql stable as $$
select exists (select from requirements q where q.run_id = p_run_id)
  and not exists (select from requirements q where q.run_id = p_run_id and q.verification_method <> 'inspection' and q.set_aside_by is null)
$$;
revoke all on function _is_untestable(uuid) from public;
