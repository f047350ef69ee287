import { VERDICTS } from "@aura/shared/enums/verification";
import type { Queryable } from "@aura/shared/postgres/client";
import { CoverageRequirement, REQUIREMENT_STATES } from "@aura/shared/schemas/api/coverage";
import { PrdBlock } from "@aura/shared/schemas/prd";
import { z } from "zod";
import { hex, readAll, utc } from "./read-rows.ts";

/**
 * SQL: where every requirement of the runs in `runs` stands. What counts is the verdict of the assembly of the landed
 * head, if there is one, else the newest; a failed environment says nothing. A person's word has its own words, so
 * `pass` is executed evidence only; an inspection that a person failed is a failure.
 *
 * @param runs SQL condition on `r`, a row of orchestra_runs
 */
export function requirementStates(runs: string): string {
  return `
    select q.id, q.run_id, q.key, q.priority, q.verification_method, v.verification_id, v.kind as verification_kind,
           v.verdict, v.tests_passed, v.tests_total, v.detail,
           case when q.set_aside_by is not null then 'set_aside'
                when q.overridden_by is not null then 'overridden'
                when q.verification_method = 'inspection'
                  then case when q.inspection_verdict = 'fail' then 'fail' else 'inspection' end
                else coalesce(v.verdict, 'not_run') end as state
    from orchestra_runs r
    join requirements q on q.run_id = r.id
    left join lateral (
      select d.verification_id, w.kind, d.verdict, d.tests_passed, d.tests_total, d.detail
      from verdicts d
      join verifications f on f.id = d.verification_id
      join verification_requests w on w.id = f.request_id
      where d.requirement_id = q.id and f.outcome <> 'environment'
      order by (w.kind = 'assembly' and w.base_revision_id is not distinct from r.head_revision_id) desc,
               f.created_at desc, f.id desc
      limit 1
    ) v on true
    where ${runs}`;
}

const BlockRow = z.object({
  ...PrdBlock.shape,
  disposition: z.string().nullable(),
  reason: z.string().nullable(),
  set_aside_by: z.uuid().nullable(),
  requirements: z.array(z.string()),
});

/** Every leaf block of a run's PRD in order, with what became of it. */
export function readCoverageBlocks(db: Queryable, run_id: string) {
  return readAll(
    db,
    BlockRow,
    `select b.block_id, b.position, b.kind, b.headings, b.body, d.disposition, d.reason, d.set_aside_by,
            coalesce((select array_agg(q.key order by length(q.key), q.key) from requirements q
                      where q.run_id = r.id and b.block_id = any (q.block_ids)), '{}') as requirements
     from orchestra_runs r
     join prd_blocks b on b.prd_id = r.prd_id
     left join block_dispositions d on d.run_id = r.id and d.block_id = b.block_id
     where r.id = $1 order by b.position`,
    [run_id],
  );
}

const PersonsWord = CoverageRequirement.shape.override;

const RequirementRow = z.object({
  id: z.uuid(),
  key: z.string(),
  state: z.enum(REQUIREMENT_STATES),
  verdict: z.enum(VERDICTS).nullable(),
  content_sha256: z.string(),
  tasks: CoverageRequirement.shape.tasks,
  evidence: CoverageRequirement.shape.evidence,
  tests: z.array(z.object({ test_id: z.string(), outcome: z.string(), assertions: z.int(), guard: z.boolean() })),
  override: PersonsWord,
  inspection: CoverageRequirement.shape.inspection,
  set_aside_by: z.uuid().nullable(),
});

/** Every requirement of a run, in the order of its keys, with tasks, verdict and the verification it rests on. */
export function readCoverageRequirements(db: Queryable, run_id: string) {
  return readAll(
    db,
    RequirementRow,
    `select s.id, s.key, s.state, s.verdict, ${hex("q.content_sha256")} as content_sha256,
            coalesce((select jsonb_agg(jsonb_build_object('id', t.id, 'key', t.key, 'title', t.title,
                        'status', t.status, 'closes', k.closes) order by t.created_at, t.key)
                      from task_requirements k join task_queue t on t.id = k.task_id
                      where k.requirement_id = s.id), '[]') as tasks,
            (select jsonb_build_object('verification_id', f.id, 'kind', s.verification_kind,
                      'tests_passed', s.tests_passed, 'tests_total', s.tests_total, 'detail', s.detail,
                      'tree_sha256', ${hex("f.tree_sha256")}, 'report_sha256', ${hex("f.report_sha256")},
                      'sandbox_level', f.sandbox_level, 'created_at', ${utc("f.created_at")})
             from verifications f where f.id = s.verification_id) as evidence,
            coalesce((select jsonb_agg(jsonb_build_object('test_id', e.test_id, 'outcome', e.outcome,
                        'assertions', e.assertions, 'guard', e.guard))
                      from test_results e
                      where e.verification_id = s.verification_id and s.key = any (e.requirement_keys)), '[]') as tests,
            case when q.overridden_by is not null then jsonb_build_object(
              'verdict', q.override_verdict, 'director_action_id', q.overridden_by) end as override,
            case when q.inspected_by is not null then jsonb_build_object(
              'verdict', q.inspection_verdict, 'director_action_id', q.inspected_by) end as inspection,
            q.set_aside_by
     from (${requirementStates("r.id = $1")}) s join requirements q on q.id = s.id
     order by length(s.key), s.key`,
    [run_id],
  );
}
