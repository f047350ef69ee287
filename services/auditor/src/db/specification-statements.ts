import { FINAL_TASK_STATUSES } from "@aura/shared/enums/task";
import type { Tree } from "@aura/shared/models/tree";
import { readBlobs, readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { AttachmentRef, PrdBlock } from "@aura/shared/schemas/prd";
import { Requirement } from "@aura/shared/schemas/requirements-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { z } from "zod";

/** The leaf blocks of a PRD in their order. */
export async function readBlocks(db: Queryable, prdId: string): Promise<PrdBlock[]> {
  const { rows } = await db.query(
    "select block_id, position, kind, headings, body from prd_blocks where prd_id = $1 order by position",
    [prdId],
  );
  return z.array(PrdBlock).parse(rows);
}

/** The attachments of a PRD by their own path. */
export async function readAttachments(db: Queryable, prdId: string): Promise<Tree> {
  const { rows } = await db.query("select encode(attachments_sha256, 'hex') as sha256 from prds where id = $1", [
    prdId,
  ]);
  const { sha256 } = z.object({ sha256: z.string() }).parse(rows[0]);
  const refs = await readJson(db, sha256, z.array(AttachmentRef));
  const bodies = await readBlobs(db, [...new Set(refs.map((ref) => ref.sha256))]);
  return new Map(refs.map((ref) => [ref.path, bodies.get(ref.sha256) ?? Buffer.alloc(0)]));
}

const RequirementRow = z.object({
  id: z.uuid(),
  key: z.string(),
  priority: z.enum(["must", "should", "could"]),
  verification_method: z.enum(["test", "measurement", "inspection"]),
  /** Set aside or overridden by the Director: judged and shown, but it holds nothing up. */
  waived: z.boolean(),
  set_aside: z.boolean(),
  /** Word for word a requirement of the delivered run that this one continues. */
  unchanged: z.boolean(),
  /** `unchanged`, and it passed there: from the first task on it must go on passing. */
  passed_before: z.boolean(),
});
export type RequirementRow = z.infer<typeof RequirementRow>;

/** Judged by tests, and nobody put it out of scope. */
export function isTestable({ verification_method, set_aside }: RequirementRow): boolean {
  return verification_method !== "inspection" && !set_aside;
}

export async function readRequirements(db: Queryable, runId: string): Promise<RequirementRow[]> {
  const { rows } = await db.query(
    `select q.id, q.key, q.priority, q.verification_method, q.set_aside_by is not null as set_aside,
            q.set_aside_by is not null or q.overridden_by is not null as waived,
            former.id is not null as unchanged,
            coalesce((select v.verdict = 'pass'
                        from verdicts v
                        join verifications f on f.id = v.verification_id
                        join verification_requests fq on fq.id = f.request_id
                       where v.requirement_id = former.id and fq.kind = 'assembly'
                       order by f.created_at desc limit 1), false) as passed_before
       from requirements q
       join orchestra_runs r on r.id = q.run_id
       left join requirements former
         on former.run_id = r.base_run_id and former.key = q.key and former.content_sha256 = q.content_sha256
      where q.run_id = $1
      order by length(q.key), q.key`,
    [runId],
  );
  return z.array(RequirementRow).parse(rows);
}

/** The requirements of a run, as they were submitted. */
export async function readRequirementTexts(db: Queryable, runId: string): Promise<Requirement[]> {
  const { rows } = await db.query(
    `select convert_from(b.body, 'UTF8')::jsonb as content
       from requirements q join blobs b on b.sha256 = q.content_sha256
      where q.run_id = $1 order by q.key`,
    [runId],
  );
  return z
    .array(z.object({ content: Requirement }))
    .parse(rows)
    .map(({ content }) => content);
}

export async function readPlan(db: Queryable, planId: string): Promise<PlanProduct> {
  const { rows } = await db.query("select encode(content_sha256, 'hex') as sha256 from plans where id = $1", [planId]);
  return readJson(db, z.object({ sha256: z.string() }).parse(rows[0]).sha256, PlanProduct);
}

/** The packages that every product of an adopted plan may import, by their path under /dependencies. */
export async function readLayer(db: Queryable, planId: string): Promise<Tree> {
  const resolution = await readResolution(db, planId);
  return resolution === null ? new Map() : readTree(db, resolution.layer_sha256);
}

/** The policies in force about dependencies, by key. Source: table policies, the newest version of each counts. */
export async function readDependencyPolicies(db: Queryable): Promise<Map<string, string>> {
  const { rows } = await db.query(
    "select distinct on (key) key, value from policies where key like 'dependencies.%' order by key, version desc",
  );
  return new Map(
    z
      .array(z.object({ key: z.string(), value: z.string() }))
      .parse(rows)
      .map(({ key, value }) => [key, value]),
  );
}

export async function readSuite(db: Queryable, suiteId: string): Promise<SuiteProduct> {
  const { rows } = await db.query("select encode(content_sha256, 'hex') as sha256 from suites where id = $1", [
    suiteId,
  ]);
  return readJson(db, z.object({ sha256: z.string() }).parse(rows[0]).sha256, SuiteProduct);
}

/**
 * Ids of the tests that passed on the stub when this suite, or one of the very same content, was judged.
 *
 * @returns null when it never was
 */
export async function readGuards(db: Queryable, suiteId: string): Promise<string[] | null> {
  const { rows } = await db.query(
    `select coalesce((select array_agg(t.test_id order by t.test_id) from test_results t
                       where t.verification_id = judged.verification_id and t.guard), '{}') as guards
       from suites s
       join suites judged on judged.content_sha256 = s.content_sha256 and judged.verification_id is not null
      where s.id = $1 limit 1`,
    [suiteId],
  );
  return rows[0] === undefined ? null : z.object({ guards: z.array(z.string()) }).parse(rows[0]).guards;
}

/** Ids of the tests that proved something when a tree was judged by this suite; none when it was judged by another one. */
export async function readPassedTests(db: Queryable, verificationId: string, suiteId: string): Promise<string[]> {
  const { rows } = await db.query(
    `select t.test_id
       from test_results t
       join verifications v on v.id = t.verification_id
       join verification_requests q on q.id = v.request_id and q.suite_id = $2
      where v.id = $1 and t.outcome = 'pass' and t.reached_product and t.assertions > 0 order by t.test_id`,
    [verificationId, suiteId],
  );
  return z
    .array(z.object({ test_id: z.string() }))
    .parse(rows)
    .map(({ test_id }) => test_id);
}

const TaskNode = z.object({
  id: z.uuid(),
  overridden: z.boolean(),
  depends_on: z.array(z.uuid()),
  closes: z.array(z.string()),
});
/** A task of the run with its edges and the keys of the requirements that it closes. */
export type TaskNode = z.infer<typeof TaskNode>;

/** Keys of the implement tasks of a run whose work has yet to be done. */
export async function readOpenTaskKeys(db: Queryable, runId: string): Promise<string[]> {
  const { rows } = await db.query(
    "select key from task_queue where run_id = $1 and kind = 'implement' and status <> all ($2) order by key",
    [runId, FINAL_TASK_STATUSES],
  );
  return z
    .array(z.object({ key: z.string() }))
    .parse(rows)
    .map(({ key }) => key);
}

export async function readTaskGraph(db: Queryable, runId: string): Promise<TaskNode[]> {
  const { rows } = await db.query(
    `select t.id, t.overridden,
            array(select d.depends_on::text from task_dependencies d where d.task_id = t.id
                  union select t.repairs_task_id::text where t.repairs_task_id is not null) as depends_on,
            array(select q.key from task_requirements tr join requirements q on q.id = tr.requirement_id
                   where tr.task_id = t.id and tr.closes) as closes
       from task_queue t where t.run_id = $1`,
    [runId],
  );
  return z.array(TaskNode).parse(rows);
}
