-- For a partial delivery that the Director asked for: puts the best attempts of what was never accepted on top of the landed
-- head, as one tree without a verification of its own. The assembly judges it afterwards, so that its failures are named. Once
-- a run; the id is the revision's. Every file is the head's or one of a judged attempt of this run. The same tree again:
-- done. Refused: not_found, illegal_transition (not a partial delivery, or done before), tasks_open, head_moved, tree_mismatch.
create or replace function land_partial_revision(
  ctx jsonb, p_run_id uuid, p_head_revision_id uuid, p_tree_sha256 bytea, p_message text
) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  r orchestra_runs;
  earlier revisions;
  revision uuid;
begin
  perform _enter_leader(ctx);
  select * into r from orchestra_runs where id = p_run_id for no key update;
  select * into earlier from revisions s where s.run_id = p_run_id and s.number > 0 and s.verification_id is null;
  if r.id is null or not exists (select from blobs b where b.sha256 = p_tree_sha256) then
    return _outcome('land_partial_revision', 'run', p_run_id, 'not_found');
  end if;
  if earlier.tree_sha256 = p_tree_sha256 then return _outcome('land_partial_revision', 'revision', earlier.id, null); end if;
  if earlier.id is not null or r.status <> 'delivering' or not r.delivery_partial then
    return _outcome('land_partial_revision', 'run', p_run_id, 'illegal_transition');
  end if;
  if exists (select from task_queue t where t.run_id = p_run_id and t.status not in ('verified', 'failed', 'cancelled')) then
    return _outcome('land_partial_revision', 'run', p_run_id, 'tasks_open');
  end if;
  if r.head_revision_id is distinct from p_head_revision_id then return _outcome('land_partial_revision', 'run', p_run_id, 'head_moved'); end if;
  if not _is_tree_of_run(r, p_tree_sha256) then return _outcome('land_partial_revision', 'run', p_run_id, 'tree_mismatch'); end if;
  revision := uuid_v7();
  insert into revisions (id, run_id, number, parent_id, tree_sha256, message)
  values (revision, p_run_id, 1 + coalesce((select max(s.number) from revisions s where s.run_id = p_run_id), 0), r.head_revision_id, p_tree_sha256, p_message);
  update orchestra_runs set head_revision_id = revision where id = p_run_id;
  return _outcome('land_partial_revision', 'revision', revision, null);
end
$$;
revoke all on function land_partial_revision(jsonb, uuid, uuid, bytea, text) from public;
grant execute on function land_partial_revision(jsonb, uuid, uuid, bytea, text) to aura_manager;
