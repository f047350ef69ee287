-- Revision 0 of a run that continues a delivered one: that run's delivered tree. The id is the revision's. Done before:
-- done. Refused: not_found, run_closed, head_moved, nothing_delivered (the tree is not the delivered one).
create or replace function adopt_base_revision(ctx jsonb, p_run_id uuid, p_tree_sha256 bytea) returns verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  r orchestra_runs;
  base revisions;
  revision uuid;
begin
  perform _enter_leader(ctx);
  select * into r from orchestra_runs where id = p_run_id for no key update;
  select s.* into base from revisions s join orchestra_runs b on b.delivered_revision_id = s.id where b.id = r.base_run_id;
  revision := (select s.id from revisions s where s.run_id = p_run_id and s.number = 0);
  if r.id is null then return _outcome('adopt_base_revision', 'run', p_run_id, 'not_found'); end if;
  if revision is not null then return _outcome('adopt_base_revision', 'revision', revision, null); end if;
  if not _is_open_run(r.status) then return _outcome('adopt_base_revision', 'run', p_run_id, 'run_closed'); end if;
  if r.head_revision_id is not null then return _outcome('adopt_base_revision', 'run', p_run_id, 'head_moved'); end if;
  if base.tree_sha256 is distinct from p_tree_sha256 then return _outcome('adopt_base_revision', 'run', p_run_id, 'nothing_delivered'); end if;
  revision := uuid_v7();
  insert into revisions (id, run_id, number, tree_sha256, message) values (revision, p_run_id, 0, p_tree_sha256, 'the delivered tree of the base run');
  update orchestra_runs set head_revision_id = revision where id = p_run_id;
  return _outcome('adopt_base_revision', 'revision', revision, null);
end
$$;
revoke all on function adopt_base_revision(jsonb, uuid, bytea) from public;
grant execute on function adopt_base_revision(jsonb, uuid, bytea) to aura_manager;
