-- Whether every entry of a tree's manifest ({path, sha256, size}) stands the same in the run's landed head or in a tree that
-- was judged for one of its coding tasks, and every path of the head that it leaves out is gone in one of those, too.
create or replace function _is_tree_of_run(r orchestra_runs, p_tree_sha256 bytea) returns boolean language sql stable as $$
with head as (
  select e from revisions s, jsonb_array_elements(_items(_json(s.tree_sha256))) e where s.id = r.head_revision_id),
judged as (
  select _items(_json(q.tree_sha256)) tree from verification_requests q join verifications v on v.request_id = q.id
  where q.run_id = r.id and q.kind = 'implement'),
wanted as (
  select e from jsonb_array_elements(_items(_json(p_tree_sha256))) e)
select jsonb_typeof(_json(p_tree_sha256)) = 'array'
  and not exists (
    select from wanted w where w.e not in (select h.e from head h) and not exists (select from judged j where j.tree @> jsonb_build_array(w.e)))
  and (select count(*) = count(distinct w.e->>'path') from wanted w)
  and not exists (
    select from head h where not exists (select from wanted w where w.e->>'path' = h.e->>'path')
      and not exists (select from judged j where not j.tree @> jsonb_build_array(jsonb_build_object('path', h.e->'path'))))
$$;
revoke all on function _is_tree_of_run(orchestra_runs, bytea) from public;
