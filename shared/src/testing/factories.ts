import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { ActorKind } from "../enums/actor.ts";
import type { Oversight } from "../enums/run.ts";
import type { TaskKind, TaskStatus } from "../enums/task.ts";
import type { VerificationOutcome } from "../enums/verification.ts";
import { canonicalJson, sha256Hex } from "../models/canonical-json.ts";
import { newId } from "../models/ids.ts";
import type { Tree } from "../models/tree.ts";
import { putBlobs, putJson, putTree, readJson } from "../postgres/blobs.ts";
import { readResolution } from "../postgres/plan-dependencies.ts";
import { callVerb, callVerbRows, type LeaderContext, type VerbContext, type VerbOutcome } from "../postgres/verbs.ts";
import type { Requirement } from "../schemas/requirements-product.ts";
import type { VerificationReport } from "../schemas/verification-report.ts";
import type { TestDatabase } from "./postgres.ts";

/** Rows that came about as in the real system: through the verbs, each by the role that may call it. */

export function testContext(actorKind: ActorKind, actorId: string = actorKind): VerbContext {
  return { actor_kind: actorKind, actor_id: actorId, request_id: null, action_id: null };
}

/** Leads every database of `testDatabase` that is not told otherwise. */
export const MANAGER: LeaderContext = { ...testContext("manager"), term: "1" };
export const AUDITOR = testContext("auditor");
export const RUNTIME = testContext("runtime");

/** A runtime with its token; all agents of the roster are bound to it. */
export interface TestRuntime {
  readonly runtime_id: string;
  readonly token: string;
}

export interface TestRun {
  readonly run_id: string;
  readonly prd_id: string;
  /** The first task of the run: kind requirements, key REQ, ready. */
  readonly first_task_id: string;
}

export interface TestClaim {
  readonly task_id: string;
  readonly run_id: string;
  readonly kind: TaskKind;
  readonly attempt: number;
  readonly claim_id: string;
  readonly token: string;
}

export async function createTestRuntime(
  db: TestDatabase,
  providers: readonly string[] = ["replay"],
): Promise<TestRuntime> {
  const token = randomBytes(24).toString("hex");
  const args = [RUNTIME, `runtime-${token.slice(0, 6)}`, token, 8, providers];
  const { rows } = await db.pools.agent.query("select register_runtime($1, $2, $3, $4, $5) as id", args);
  const runtime_id = (rows[0] as { id: string }).id;
  const agents = await db.pools.manager.query<{ id: string }>("select id from agents order by slug");
  const ids = agents.rows.map((row) => row.id);
  await allDone(
    callVerb(
      db.pools.manager,
      "bind_agents",
      MANAGER,
      ids,
      ids.map(() => runtime_id),
    ),
  );
  return { runtime_id, token };
}

/** A further agent of the roster, bound to the runtime; returns its slug. */
export async function createTestAgent(
  db: TestDatabase,
  runtime: TestRuntime,
  capabilities: readonly TaskKind[],
): Promise<string> {
  const [id, slug] = [newId(), `agent-${randomBytes(5).toString("hex")}`];
  await allDone(
    directorAction(db, "create_agent", id, { slug, capabilities, max_concurrent: 1 }).then((outcome) => [outcome]),
  );
  await allDone(callVerb(db.pools.manager, "bind_agents", MANAGER, [id], [runtime.runtime_id]));
  return slug;
}

export async function createTestRun(
  db: TestDatabase,
  options: {
    oversight?: Oversight;
    provider?: string;
    model?: string;
    usd_limit?: string;
    tokens_limit?: number;
    base_run_id?: string;
  } = {},
): Promise<TestRun> {
  const [run_id, prd_id, first_task_id] = [newId(), newId(), newId()];
  const blocks = [
    { block_id: "B1", position: 0, kind: "heading", headings: [], body: "Product" },
    { block_id: "B2", position: 1, kind: "paragraph", headings: ["Product"], body: "It adds two numbers." },
  ];
  const [body] = await putBlobs(db.pools.manager, [
    { body: Buffer.from("# Product\n\nIt adds two numbers.\n"), media_type: "text/markdown" },
  ]);
  const run = {
    id: run_id,
    project_id: null,
    project_name: `project-${run_id}`,
    title: "A test run",
    oversight: options.oversight ?? "autonomous",
    provider: options.provider ?? "replay",
    model: options.model ?? null,
    toolchain: "python",
    base_run_id: options.base_run_id ?? null,
    usd_limit: options.usd_limit ?? "5",
    tokens_limit: options.tokens_limit ?? 1_000_000,
    strict_policy: true,
    prd: {
      id: prd_id,
      title: "Product",
      body_sha256: body,
      blocks,
      attachments_sha256: await putJson(db.pools.manager, []),
      blocks_sha256: await putJson(db.pools.manager, blocks),
    },
    first_task: {
      id: first_task_id,
      key: "REQ",
      title: "Requirements",
      spec_sha256: await putJson(db.pools.manager, {}),
    },
  };
  await allDone(callVerb(db.pools.manager, "create_run", MANAGER, db.directorKey, run));
  return { run_id, prd_id, first_task_id };
}

let keys = 0;

/** One task; `ready` unless it depends on something unverified. */
export async function addTestTask(
  db: TestDatabase,
  run: TestRun,
  options: {
    kind?: TaskKind;
    key?: string;
    depends_on?: readonly string[];
    requirements?: readonly { requirement_id: string; closes: boolean }[];
    usd_limit?: string;
    tokens_limit?: number;
  } = {},
): Promise<string> {
  keys += 1;
  const id = newId();
  const task = {
    id,
    kind: options.kind ?? "implement",
    key: options.key ?? `T${keys}`,
    title: "A test task",
    spec_sha256: await putJson(db.pools.manager, {}),
    priority: 0,
    depends_on: options.depends_on ?? [],
    requirements: options.requirements ?? [],
    usd_limit: options.usd_limit ?? null,
    tokens_limit: options.tokens_limit ?? null,
    repairs_task_id: null,
    disputes_test_ids: [],
  };
  await allDone(callVerb(db.pools.manager, "add_tasks", MANAGER, run.run_id, [task]));
  return id;
}

const AGENT_FOR: Readonly<Record<TaskKind, string>> = {
  requirements: "analyst",
  plan: "architect",
  acceptance_tests: "tester-1",
  implement: "developer-1",
  review: "reviewer",
};

export async function agentId(db: TestDatabase, slug: string): Promise<string> {
  const { rows } = await db.pools.manager.query<{ id: string }>("select id from agents where slug = $1", [slug]);
  if (rows[0] === undefined) throw new Error(`no agent ${slug}`);
  return rows[0].id;
}

export async function assignTestTask(db: TestDatabase, taskId: string, slug?: string): Promise<VerbOutcome[]> {
  const { rows } = await db.pools.manager.query<{ kind: TaskKind }>("select kind from task_queue where id = $1", [
    taskId,
  ]);
  const agent = await agentId(db, slug ?? AGENT_FOR[(rows[0] as { kind: TaskKind }).kind]);
  const context = await putJson(db.pools.manager, { task: taskId });
  return callVerb(db.pools.manager, "assign_tasks", MANAGER, [taskId], [agent], [Buffer.from(context, "hex")]);
}

/** ready -> running, under a lease of 60 s. */
export async function assignAndAccept(
  db: TestDatabase,
  runtime: TestRuntime,
  taskId: string,
  slug?: string,
): Promise<TestClaim> {
  await allDone(assignTestTask(db, taskId, slug));
  const rows = await callVerbRows(db.pools.agent, "accept_tasks", RUNTIME, runtime.token, 100, 60);
  const row = rows.find((candidate) => candidate.task_id === taskId);
  if (row === undefined) throw new Error(`task ${taskId} was not accepted`);
  return { ...(row as unknown as Omit<TestClaim, "token">), token: runtime.token };
}

/** running -> submitted; returns the product's hash. */
export async function submitTestAttempt(
  db: TestDatabase,
  claim: TestClaim,
  product: unknown = { made: claim.task_id },
): Promise<string> {
  const sha256 = await putAgentJson(db, claim.token, product);
  const hash = Buffer.from(sha256, "hex");
  await allDone(
    callVerb(
      db.pools.agent,
      "submit_attempts",
      RUNTIME,
      claim.token,
      [claim.task_id],
      [claim.claim_id],
      [hash],
      [hash],
      ["0.9"],
    ),
  );
  return sha256;
}

/** Asks for a judgement of a submission and gives it; returns the verification's id. */
export async function judgeTestAttempt(
  db: TestDatabase,
  claim: TestClaim,
  outcome: VerificationOutcome,
  options: {
    product_sha256?: string;
    tree?: Tree;
    verdicts?: readonly object[];
    retry?: number;
    seen?: TestFindings;
  } = {},
): Promise<string> {
  const run = await runRow(db, claim.run_id);
  const tree_sha256 =
    claim.kind === "implement" ? await putTree(db.pools.manager, options.tree ?? sampleTree(claim.task_id)) : null;
  const request = {
    id: newId(),
    run_id: claim.run_id,
    kind: claim.kind,
    task_id: claim.task_id,
    attempt: claim.attempt,
    claim_id: claim.claim_id,
    product_sha256: options.product_sha256 ?? null,
    base_revision_id: claim.kind === "implement" ? run.head_revision_id : null,
    tree_sha256,
    plan_id: run.plan_id,
    suite_id: claim.kind === "implement" ? run.suite_id : null,
    conflict_paths: [],
    retry: options.retry ?? 0,
  };
  await allDone(callVerb(db.pools.manager, "request_verifications", MANAGER, [request]));
  return recordTestVerification(db, request.id, outcome, tree_sha256, options.verdicts ?? [], options.seen);
}

/** What an Auditor would have seen, where a test needs it. */
export interface TestFindings {
  readonly tests?: readonly object[];
  readonly evidence?: readonly object[];
  readonly report?: Partial<VerificationReport>;
}

/** Claims a request as the Auditor does and records its verification; returns the verification's id. */
export async function recordTestVerification(
  db: TestDatabase,
  requestId: string,
  outcome: VerificationOutcome,
  treeSha256: string | null,
  verdicts: readonly object[] = [],
  { tests = [], evidence = [], report = {} }: TestFindings = {},
): Promise<string> {
  const claims = await callVerbRows<{ request_id: string; claim_id: string }>(
    db.pools.auditor,
    "claim_verifications",
    AUDITOR,
    "test-auditor",
    100,
    60,
  );
  const claim = claims.find((candidate) => candidate.request_id === requestId);
  if (claim === undefined) throw new Error(`request ${requestId} was not claimed`);
  const verification = {
    id: newId(),
    outcome,
    report_sha256: await putJson(db.pools.auditor, { ...emptyReport(outcome), ...report }),
    tree_sha256: treeSha256,
    sandbox_level: treeSha256 === null ? null : "bubblewrap",
    environment_sha256: null,
    verdicts,
    tests,
    evidence,
  };
  await allDone(
    callVerb(db.pools.auditor, "record_verifications", AUDITOR, "test-auditor", [{ ...claim, ...verification }]),
  );
  return verification.id;
}

export function sampleTree(content: string): Tree {
  return new Map([["product/__init__.py", Buffer.from(`# ${content}\n`)]]);
}

/** Stores a JSON document as a runtime does; returns its hash. */
export async function putAgentJson(db: TestDatabase, token: string, value: unknown): Promise<string> {
  const body = Buffer.from(canonicalJson(value), "utf8");
  await db.pools.agent.query("select put_agent_blobs($1, array[$2::bytea], '{application/json}')", [token, body]);
  return sha256Hex(body);
}

/** Adopts a plan for the run of this claim, where it has none, and passes its gate by the Director's word. */
export async function passPlanGate(db: TestDatabase, claim: TestClaim): Promise<void> {
  const { run_id, token } = claim;
  if ((await runRow(db, run_id)).plan_id !== null) return;
  const { rows } = await db.pools.manager.query<{ runtime_id: string }>(
    "select runtime_id from task_attempts where claim_id = $1",
    [claim.claim_id],
  );
  const runtime = { runtime_id: (rows[0] as { runtime_id: string }).runtime_id, token };
  const task = await addTestTask(db, { run_id, prd_id: "", first_task_id: "" }, { kind: "plan" });
  const planned = await assignAndAccept(db, runtime, task, await createTestAgent(db, runtime, ["plan"]));
  const content_sha256 = await submitTestAttempt(db, planned);
  const verification_id = await judgeTestAttempt(db, planned, "accepted", { product_sha256: content_sha256 });
  await landAndVerify(db, planned, verification_id);
  const plan = { id: newId(), run_id, revision: 1, content_sha256, verification_id };
  await allDone(callVerb(db.pools.manager, "adopt_plan", MANAGER, plan));
  await approveTestPlan(db, run_id, plan.id);
}

/** Opens the gate of an adopted plan, approves it as the Director and uses the approval. */
export async function approveTestPlan(db: TestDatabase, runId: string, planId: string): Promise<void> {
  const { id, digest } = await openTestPlanGate(db, runId, planId);
  await allDone(directorAction(db, "approve", id, { digest }).then((outcome) => [outcome]));
  await allDone(callVerb(db.pools.manager, "use_approvals", MANAGER, [id], [hash(digest)]));
}

export interface TestApproval {
  readonly id: string;
  readonly run_id: string;
  readonly kind: string;
  readonly subject_id: string;
  readonly content_sha256: string;
  readonly digest: string;
  readonly question: string | null;
  readonly expires_at: string;
}

/** The gate of an adopted plan, not opened yet, with its document stored. */
export async function testPlanGate(db: TestDatabase, runId: string, planId: string): Promise<TestApproval> {
  const { rows } = await db.pools.manager.query<{
    digest: string;
    revision: number;
    plan: string;
    requirements: string[];
  }>(
    `select encode(p.digest, 'hex') as digest, p.revision, encode(p.content_sha256, 'hex') as plan,
            array(select encode(q.content_sha256, 'hex') from requirements q where q.run_id = p.run_id order by substr(q.key, 2)::int) as requirements
       from plans p where p.id = $1`,
    [planId],
  );
  const { digest, revision, ...stored } = rows[0] as (typeof rows)[0] & object;
  const plan = await readJson(db.pools.manager, stored.plan, z.unknown());
  const requirements = [];
  for (const sha256 of stored.requirements) requirements.push(await readJson(db.pools.manager, sha256, z.unknown()));
  const fetched = await readResolution(db.pools.manager, planId);
  const content = {
    kind: "plan",
    revision,
    plan,
    requirements,
    ...(fetched === null ? {} : { dependencies: fetched }),
  };
  const content_sha256 = await putJson(db.pools.manager, content);
  const rest = { question: null, expires_at: "2100-01-01T00:00:00Z" };
  return { id: newId(), run_id: runId, kind: "plan", subject_id: planId, content_sha256, digest, ...rest };
}

export async function openTestPlanGate(db: TestDatabase, runId: string, planId: string): Promise<TestApproval> {
  const gate = await testPlanGate(db, runId, planId);
  await allDone(callVerb(db.pools.manager, "open_approvals", MANAGER, [gate]));
  return gate;
}

/** Opens an approval of this document about a subject; a plan's gate is of another make. */
export async function openTestApproval(
  db: TestDatabase,
  runId: string,
  kind: "landing" | "delivery" | "question",
  subjectId: string,
  content: object = { kind },
): Promise<TestApproval> {
  const content_sha256 = await putJson(db.pools.manager, content);
  const digest = sha256Hex(canonicalJson({ kind, subject_id: subjectId, content_sha256 }));
  const rest = { question: kind === "question" ? "Which?" : null, expires_at: "2100-01-01T00:00:00Z" };
  const approval = { id: newId(), run_id: runId, kind, subject_id: subjectId, content_sha256, digest, ...rest };
  await allDone(callVerb(db.pools.manager, "open_approvals", MANAGER, [approval]));
  return approval;
}

/** A requirement as an analyst submits it: of B2, a must, verified by test. */
export function testRequirement(id: string, changes: Partial<Requirement> = {}): Requirement {
  return {
    id,
    block_ids: ["B2"],
    kind: "functional",
    priority: "must",
    title: `Requirement ${id}`,
    text: `It does ${id}.`,
    acceptance_criteria: [`It shows ${id}.`],
    verification_method: "test",
    ...changes,
  };
}

/** The rows that adopt_requirements takes for requirements of a product, with their contents stored. */
export function requirementRows(db: TestDatabase, requirements: readonly Requirement[]) {
  return Promise.all(
    requirements.map(async (requirement) => {
      const { id: key, kind, priority, verification_method, block_ids } = requirement;
      const content_sha256 = await putJson(db.pools.manager, requirement);
      return { id: newId(), key, kind, priority, verification_method, block_ids, content_sha256 };
    }),
  );
}

/** Lands and verifies an accepted submission, under an approved plan where there was none; returns the revision's id where the task is an implement task. */
export async function landAndVerify(
  db: TestDatabase,
  claim: TestClaim,
  verificationId: string,
): Promise<string | null> {
  if (claim.kind === "implement") await passPlanGate(db, claim);
  const landed =
    claim.kind === "implement"
      ? await allDone(callVerb(db.pools.manager, "land_revisions", MANAGER, [verificationId], ["landed"]))
      : [];
  await allDone(callVerb(db.pools.manager, "verify_tasks", MANAGER, [claim.task_id], [verificationId]));
  return landed[0]?.id ?? null;
}

/** A task that came into this state by legal moves, held where need be by an agent of its own. */
export async function taskInState(
  db: TestDatabase,
  runtime: TestRuntime,
  run: TestRun,
  status: TaskStatus,
  kind: TaskKind = "review",
): Promise<string> {
  const depends_on = status === "blocked" ? [await addTestTask(db, run, { kind })] : [];
  const taskId = await addTestTask(db, run, { kind, depends_on });
  if (status === "blocked" || status === "ready") return taskId;
  const agent = await createTestAgent(db, runtime, [kind]);
  if (status === "assigned") await allDone(assignTestTask(db, taskId, agent));
  else if (status === "cancelled")
    await allDone(callVerb(db.pools.manager, "cancel_tasks", MANAGER, [taskId], ["test"]));
  else if (status === "awaiting_director" || status === "failed") {
    await allDone(callVerb(db.pools.manager, "escalate_tasks", MANAGER, [taskId], ["stuck"], ["test"]));
    if (status === "failed") await allDone(callVerb(db.pools.manager, "fail_tasks", MANAGER, [taskId], ["test"]));
  } else await claimedTaskInState(db, runtime, taskId, agent, status);
  return taskId;
}

async function claimedTaskInState(
  db: TestDatabase,
  runtime: TestRuntime,
  taskId: string,
  agent: string,
  status: TaskStatus,
): Promise<void> {
  const claim = await assignAndAccept(db, runtime, taskId, agent);
  if (status === "running") return;
  await submitTestAttempt(db, claim);
  if (status === "submitted") return;
  const verificationId = await judgeTestAttempt(db, claim, status === "verified" ? "accepted" : "rejected");
  if (status === "verified") await landAndVerify(db, claim, verificationId);
  else await allDone(callVerb(db.pools.manager, "reject_tasks", MANAGER, [taskId], [verificationId]));
}

/** As the Director, through take_director_action. */
export async function directorAction(
  db: TestDatabase,
  action: string,
  targetId: string | null,
  args: object = {},
): Promise<VerbOutcome> {
  const call = [MANAGER, db.directorKey, action, targetId, "because the test says so", args];
  const [outcome] = await callVerb(db.pools.manager, "take_director_action", MANAGER, ...call.slice(1));
  return outcome as VerbOutcome;
}

interface RunRow {
  readonly status: string;
  readonly head_revision_id: string | null;
  readonly plan_id: string | null;
  readonly suite_id: string | null;
}

export async function runRow(db: TestDatabase, runId: string): Promise<RunRow> {
  const { rows } = await db.pools.manager.query<RunRow & Record<string, unknown>>(
    "select * from orchestra_runs where id = $1",
    [runId],
  );
  return rows[0] as RunRow;
}

export async function taskStatus(db: TestDatabase, taskId: string): Promise<TaskStatus> {
  const { rows } = await db.pools.manager.query<{ status: TaskStatus }>("select status from task_queue where id = $1", [
    taskId,
  ]);
  return (rows[0] as { status: TaskStatus }).status;
}

/** Fails with the code of the first refused item. */
export async function allDone(call: Promise<VerbOutcome[]>): Promise<VerbOutcome[]> {
  const outcomes = await call;
  const refused = outcomes.find((outcome) => outcome.outcome === "refused");
  if (refused !== undefined) throw new Error(`refused: ${refused.code} ${refused.detail ?? ""}`);
  return outcomes;
}

export function hash(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}

/** What an Auditor would store that looked at nothing. */
function emptyReport(outcome: VerificationReport["outcome"]): VerificationReport {
  return { outcome, findings: [], verdicts: [], tests: [], guards: [], evidence: [], environment: null };
}
