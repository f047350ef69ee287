import { APPROVAL_KINDS } from "@aura/shared/enums/run";
import type { Queryable } from "@aura/shared/postgres/client";
import { Project } from "@aura/shared/schemas/api/project";
import { Run } from "@aura/shared/schemas/api/run";
import { z } from "zod";
import { requirementStates } from "./read-requirement-statements.ts";
import { type PageRequest, pageOfRows, readAll, readOne, usd, utc } from "./read-rows.ts";

/** A run as the database tells it; what it waits for is derived from `waiting_*`, `paused_at` and the approvals. */
export const RunRow = Run.omit({ waiting_for: true, links: true }).extend({
  waiting_code: z.string().nullable(),
  waiting_detail: z.string().nullable(),
  waiting_since: z.string().nullable(),
  stopped_at: z.string().nullable(),
  leaderless_since: z.string().nullable(),
  pending_approvals: z.array(z.object({ id: z.uuid(), kind: z.enum(APPROVAL_KINDS), created_at: z.string() })),
});
export type RunRow = z.infer<typeof RunRow>;

const count = (state: string) => `count(*) filter (where s.state = '${state}')`;

/** List and detail read the same row: there is one source of a run's status. */
const RUN = `
  select run.id, run.project_id, p.name as project, run.title, run.status, run.stop_reason, ${utc("run.paused_at")} as paused_at,
         run.oversight, run.strict_policy, run.provider, run.model, run.toolchain, run.base_run_id, run.priority, run.confidence_score,
         run.created_by, ${utc("run.started_at")} as started_at, ${utc("run.status_changed_at")} as status_changed_at,
         ${utc("run.finished_at")} as finished_at,
         (select revision from plans where id = run.plan_id) as plan_revision,
         (select version from suites where id = run.suite_id) as suite_version,
         (select number from revisions where id = run.head_revision_id) as head_revision,
         (select number from revisions where id = run.delivered_revision_id) as delivered_revision,
         requirements.counts as requirements, tasks.counts as tasks, spend.sums as spend,
         run.waiting_code, run.waiting_detail, ${utc("run.waiting_since")} as waiting_since,
         (select ${utc("stopped_at")} from system_state) as stopped_at,
         (select ${utc("expires_at")} from manager_lease where term > 0 and expires_at <= now()) as leaderless_since,
         approvals.pending as pending_approvals
  from orchestra_runs run
  left join projects p on p.id = run.project_id
  cross join lateral (
    select jsonb_build_object('total', count(*), 'pass', ${count("pass")}, 'fail', ${count("fail")},
             'inconclusive', ${count("inconclusive")}, 'not_run', ${count("not_run")},
             'inspection', ${count("inspection")}, 'set_aside', ${count("set_aside")},
             'overridden', ${count("overridden")}) as counts
    from (${requirementStates("r.id = run.id")}) s
  ) requirements
  cross join lateral (
    select coalesce(jsonb_object_agg(t.status, t.n), '{}') as counts
    from (select status, count(*) as n from task_queue where run_id = run.id group by status) t
  ) tasks
  cross join lateral (
    select jsonb_build_object(
             'usd', ${usd("coalesce(sum(coalesce(usd, reserved_usd)) filter (where status <> 'reserved'), 0)")},
             'tokens', coalesce(sum(coalesce(input_tokens + output_tokens, reserved_tokens))
                         filter (where status <> 'reserved'), 0),
             'usd_limit', ${usd("run.usd_limit")}, 'tokens_limit', run.tokens_limit,
             'usd_reserved', ${usd("coalesce(sum(reserved_usd) filter (where status = 'reserved'), 0)")},
             'tokens_reserved', coalesce(sum(reserved_tokens) filter (where status = 'reserved'), 0)) as sums
    from model_calls where run_id = run.id
  ) spend
  cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'kind', a.kind, 'created_at', ${utc("a.created_at")})
             order by a.created_at, a.id), '[]') as pending
    from approvals a where a.run_id = run.id and a.status = 'pending'
  ) approvals`;

export function readRun(db: Queryable, run_id: string): Promise<RunRow | null> {
  return readOne(db, RunRow, `${RUN} where run.id = $1`, [run_id]);
}

/** Newest first. */
export async function readRuns(
  db: Queryable,
  filter: { status?: string | undefined; project_id?: string | undefined },
  page: PageRequest,
) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    RunRow,
    `${RUN}
     where ($1::text is null or run.status = $1) and ($2::uuid is null or run.project_id = $2)
       and ($3::timestamp is null or (run.started_at, run.id) < ($3::timestamp, $4::uuid))
     order by run.started_at desc, run.id desc limit $5`,
    [filter.status ?? null, filter.project_id ?? null, at, id, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.started_at ?? "", row.id]);
}

const PROJECT = `
  select p.id, p.name, ${utc("p.created_at")} as created_at,
         (select count(*) from orchestra_runs r where r.project_id = p.id) as runs
  from projects p`;

export function readProject(db: Queryable, project_id: string): Promise<Project | null> {
  return readOne(db, Project, `${PROJECT} where p.id = $1`, [project_id]);
}

export function readProjectByName(db: Queryable, name: string): Promise<Project | null> {
  return readOne(db, Project, `${PROJECT} where p.name = $1`, [name]);
}

export async function readProjects(db: Queryable, page: PageRequest) {
  const [at, id] = page.after ?? [null, null];
  const rows = await readAll(
    db,
    Project,
    `${PROJECT}
     where $1::timestamp is null or (p.created_at, p.id) < ($1::timestamp, $2::uuid)
     order by p.created_at desc, p.id desc limit $3`,
    [at, id, page.limit + 1],
  );
  return pageOfRows(rows, page, (row) => [row.created_at, row.id]);
}
