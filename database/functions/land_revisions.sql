-- Puts accepted trees on top of the landed head, in the order of the call; of an overridden task also the one that was not
-- accepted (_is_override_to_land), judged on the head like every other. The id is the new revision's. Landed before: done with the same id. Refused: not_found, run_closed, verification_missing, head_moved,
-- approval_missing (of the current plan, in a locked run also of this landing: about the request or the verification).
create or replace function land_revisions(ctx jsonb, verification_ids uuid[], messages text[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  i int;
  q verification_requests;
  v verifications;
  r orchestra_runs;
  revision uuid;
  code text;
begin
  perform _enter_leader(ctx);
  perform _check_items(verification_ids, cardinality(messages));
  for i in 1 .. cardinality(verification_ids) loop
    select * into v from verifications where id = verification_ids[i];
    select * into q from verification_requests where id = v.request_id;
    select * into r from orchestra_runs where id = v.run_id for no key update;
    revision := (select s.id from revisions s where s.verification_id = v.id);
    code := case when revision is null then _landing_refusal(q, v, r) end;
    if revision is null and code is null then
      revision := uuid_v7();
      insert into revisions (id, run_id, number, parent_id, tree_sha256, task_id, agent_id, verification_id, message)
      values (revision, r.id, 1 + coalesce((select max(s.number) from revisions s where s.run_id = r.id), 0), r.head_revision_id, q.tree_sha256, q.task_id,
              (select p.agent_id from task_attempts p where p.task_id = q.task_id and p.attempt = q.attempt), v.id, messages[i]);
      update orchestra_runs set head_revision_id = revision where id = r.id;
    end if;
    return next _outcome('land_revisions', 'verification', coalesce(revision, verification_ids[i]), code);
  end loop;
end
$$;
revoke all on function land_revisions(jsonb, uuid[], text[]) from public;
grant execute on function land_revisions(jsonb, uuid[], text[]) to aura_manager;
