-- The confidence score of runs, computed from verdicts. Refused: not_found.
create or replace function set_confidence(ctx jsonb, run_ids uuid[], scores numeric[]) returns setof verb_outcome
  language plpgsql
  security definer set search_path = pg_catalog, public, pg_temp set timezone = 'UTC' as $$
declare
  codes text[];
begin
  perform _enter_leader(ctx);
  perform _check_items(run_ids, cardinality(scores));
  select array_agg(case when r.id is null then 'not_found' end order by i.n) into codes
  from unnest(run_ids) with ordinality i (id, n) left join orchestra_runs r on r.id = i.id;
  update orchestra_runs r set confidence_score = i.score from unnest(run_ids, scores) i (id, score) where r.id = i.id and r.confidence_score is distinct from i.score;
  return query select * from _outcomes('set_confidence', 'run', run_ids, codes);
end
$$;
revoke all on function set_confidence(jsonb, uuid[], numeric[]) from public;
grant execute on function set_confidence(jsonb, uuid[], numeric[]) to aura_manager;
