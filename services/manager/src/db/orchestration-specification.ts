import { TASK_STATUSES } from "@aura/shared/enums/task";
import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { AttachmentRef, PrdBlock } from "@aura/shared/schemas/prd";
import { Requirement } from "@aura/shared/schemas/requirements-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { z } from "zod";
import { select, selectOne } from "./orchestration-select.ts";

const RunFactsRow = z.object({
  run_id: z.string(),
  title: z.string(),
  toolchain: z.string(),
  base_run_id: z.string().nullable(),
  blocks_sha256: z.string(),
  attachments_sha256: z.string(),
  plan_id: z.string().nullable(),
  plan_revision: z.number().nullable(),
  plan_sha256: z.string().nullable(),
  suite_id: z.string().nullable(),
  suite_version: z.number().nullable(),
  suite_sha256: z.string().nullable(),
  head_revision_id: z.string().nullable(),
  head_tree_sha256: z.string().nullable(),
  delivered_tree_sha256: z.string().nullable(),
});
/** What a run stands on: its PRD, plan, suite and landed head, by hash. */
export type RunFacts = z.infer<typeof RunFactsRow>;

export async function readRunFacts(db: Queryable, runId: string): Promise<RunFacts> {
  const facts = await selectOne(
    db,
    RunFactsRow,
    `select r.id as run_id, r.title, r.toolchain, r.base_run_id, encode(d.blocks_sha256, 'hex') as blocks_sha256,
            encode(d.attachments_sha256, 'hex') as attachments_sha256,
            r.plan_id, p.revision as plan_revision, encode(p.content_sha256, 'hex') as plan_sha256,
            r.suite_id, s.version as suite_version, encode(s.content_sha256, 'hex') as suite_sha256,
            r.head_revision_id, encode(h.tree_sha256, 'hex') as head_tree_sha256,
            encode(e.tree_sha256, 'hex') as delivered_tree_sha256
       from orchestra_runs r
       join prds d on d.id = r.prd_id
       left join plans p on p.id = r.plan_id
       left join suites s on s.id = r.suite_id
       left join revisions h on h.id = r.head_revision_id
       left join revisions e on e.id = r.delivered_revision_id
      where r.id = $1`,
    [runId],
  );
  return RunFactsRow.parse(facts);
}

const RequirementRow = z.object({
  requirement_id: z.string(),
  key: z.string(),
  content_sha256: z.string(),
  set_aside: z.boolean(),
});

export interface AdoptedRequirement {
  readonly requirement_id: string;
  readonly content_sha256: string;
  /** By a person: out of scope. */
  readonly set_aside: boolean;
  readonly content: Requirement;
}

/** The adopted requirements of a run in the order of their numbers; empty before adoption. */
export async function readRequirements(db: Queryable, runId: string): Promise<AdoptedRequirement[]> {
  const rows = await select(
    db,
    RequirementRow,
    `select id as requirement_id, key, encode(content_sha256, 'hex') as content_sha256,
            set_aside_by is not null as set_aside
       from requirements where run_id = $1 order by substr(key, 2)::int`,
    [runId],
  );
  const adopted: AdoptedRequirement[] = [];
  for (const { requirement_id, content_sha256, set_aside } of rows) {
    const content = await readJson(db, content_sha256, Requirement);
    adopted.push({ requirement_id, content_sha256, set_aside, content });
  }
  return adopted;
}

export function readBlocks(db: Queryable, facts: RunFacts): Promise<PrdBlock[]> {
  return readJson(db, facts.blocks_sha256, z.array(PrdBlock));
}

export function readAttachmentRefs(db: Queryable, facts: RunFacts): Promise<AttachmentRef[]> {
  return readJson(db, facts.attachments_sha256, z.array(AttachmentRef));
}

/** Null before the first plan was adopted. */
export async function readPlan(db: Queryable, facts: RunFacts): Promise<PlanProduct | null> {
  return facts.plan_sha256 === null ? null : readJson(db, facts.plan_sha256, PlanProduct);
}

/** Null before the first suite was adopted. */
export async function readSuite(db: Queryable, facts: RunFacts): Promise<SuiteProduct | null> {
  return facts.suite_sha256 === null ? null : readJson(db, facts.suite_sha256, SuiteProduct);
}

export interface PlanRevision {
  readonly revision: number;
  readonly plan_id: string;
  readonly plan: PlanProduct;
}

/** All adopted plans of a run, oldest first. */
export async function readPlanRevisions(db: Queryable, runId: string): Promise<PlanRevision[]> {
  const rows = await select(
    db,
    z.object({ revision: z.number(), plan_id: z.string(), sha256: z.string() }),
    "select revision, id as plan_id, encode(content_sha256, 'hex') as sha256 from plans where run_id = $1 order by revision",
    [runId],
  );
  const plans: PlanRevision[] = [];
  for (const { revision, plan_id, sha256 } of rows) {
    plans.push({ revision, plan_id, plan: await readJson(db, sha256, PlanProduct) });
  }
  return plans;
}

const TaskNodeRow = z.object({
  id: z.string(),
  key: z.string(),
  title: z.string(),
  kind: z.string(),
  status: z.enum(TASK_STATUSES),
  repairs_task_id: z.string().nullable(),
  overridden: z.boolean(),
  depends_on: z.array(z.string()),
  closes: z.array(z.string()),
  spec_sha256: z.string(),
});
/** A task as a node of its run's graph. */
export type RunTask = z.infer<typeof TaskNodeRow>;

export function readRunTasks(db: Queryable, runId: string): Promise<RunTask[]> {
  return select(
    db,
    TaskNodeRow,
    `select t.id, t.key, t.title, t.kind, t.status, t.repairs_task_id, t.overridden, encode(t.spec_sha256, 'hex') as spec_sha256,
            array(select d.depends_on from task_dependencies d where d.task_id = t.id order by 1) as depends_on,
            array(select q.key from task_requirements x join requirements q on q.id = x.requirement_id
                   where x.task_id = t.id and x.closes order by q.key) as closes
       from task_queue t where t.run_id = $1 order by t.created_at, t.key`,
    [runId],
  );
}

/** Hash of the tree of a revision. */
export async function readRevisionTree(db: Queryable, revisionId: string): Promise<string> {
  const row = await selectOne(
    db,
    z.object({ sha256: z.string() }),
    "select encode(tree_sha256, 'hex') as sha256 from revisions where id = $1",
    [revisionId],
  );
  return z.object({ sha256: z.string() }).parse(row).sha256;
}

/** The interfaces that the suite in force was written for; null: there is none, or it was carried over. */
export async function readSuiteInterfaces(db: Queryable, facts: RunFacts): Promise<PlanProduct["interfaces"] | null> {
  const row = await selectOne(
    db,
    z.object({ sha256: z.string() }),
    `select encode(p.content_sha256, 'hex') as sha256
       from suites s
       join verifications v on v.id = s.verification_id
       join verification_requests q on q.id = v.request_id
       join plans p on p.id = q.plan_id
      where s.id = $1`,
    [facts.suite_id],
  );
  return row === null ? null : (await readJson(db, row.sha256, PlanProduct)).interfaces;
}
