-- Closes the books of runs that have ended: run.sealed {count, root, through_seq} says how many events of the run the log has up to
-- that sequence, and the root of a tree over their leaves. The count is checked here, the root is the Auditor's word.
-- The same again: done. Refused: not_found, illegal_transition (it has not ended), miscounted.
create or replace function seal_runs(ctx jsonb, run_ids uuid[], through_seqs bigint[], counts bigint[], roots bytea[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  refusals text[];
begin
  perform _enter(ctx, array['auditor']);
  perform _check_items(run_ids, cardinality(through_seqs), cardinality(counts), cardinality(roots));
  perform from orchestra_runs where id = any (run_ids) order by id for no key update;
  select array_agg(case
      when r.id is null then 'not_found'
      when _is_open_run(r.status) then 'illegal_transition'
      when i.count <> (select count(*) from audit_events e join audit_leaves l on l.event_id = e.id where e.run_id = r.id and l.seq <= i.through_seq) then 'miscounted'
    end order by i.n)
  into refusals
  from unnest(run_ids, through_seqs, counts) with ordinality i (id, through_seq, count, n) left join orchestra_runs r on r.id = i.id;
  insert into run_seals (run_id, through_seq, count, root, event_id)
  select i.id, i.through_seq, i.count, i.root,
         _record_event('run.sealed', 'info', 'run sealed', 'run_seal', i.id::text, i.id, null,
           concat('"count":"', i.count, '","root":"', encode(i.root, 'hex'), '","through_seq":"', i.through_seq, '"'))
  from unnest(run_ids, through_seqs, counts, roots, refusals) i (id, through_seq, count, root, code)
  where i.code is null and not exists (select from run_seals s where s.run_id = i.id and s.through_seq >= i.through_seq);
  return query select * from _outcomes('seal_runs', 'run', run_ids, refusals);
end
$$;
revoke all on function seal_runs(jsonb, uuid[], bigint[], bigint[], bytea[]) from public;
grant execute on function seal_runs(jsonb, uuid[], bigint[], bigint[], bytea[]) to aura_auditor;
