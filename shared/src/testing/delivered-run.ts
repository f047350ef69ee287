import type { VerificationOutcome } from "../enums/verification.ts";
import { signEnvelope } from "../ledger/dsse.ts";
import { signerOf } from "../ledger/notes.ts";
import { canonicalJson } from "../models/canonical-json.ts";
import { newId } from "../models/ids.ts";
import type { Tree } from "../models/tree.ts";
import { putBlobs, putTree } from "../postgres/blobs.ts";
import { callVerb } from "../postgres/verbs.ts";
import type { DependencyResolution } from "../schemas/dependencies.ts";
import { PlanProduct } from "../schemas/plan-product.ts";
import type { Requirement } from "../schemas/requirements-product.ts";
import { SuiteProduct } from "../schemas/suite-product.ts";
import {
  AUDITOR,
  addTestTask,
  allDone,
  approveTestPlan,
  assignAndAccept,
  createTestAgent,
  createTestRun,
  directorAction,
  judgeTestAttempt,
  landAndVerify,
  MANAGER,
  recordTestVerification,
  requirementRows,
  runRow,
  submitTestAttempt,
  type TestRun,
  type TestRuntime,
  testRequirement,
} from "./factories.ts";
import type { TestDatabase } from "./postgres.ts";
import { sealLog } from "./sealing.ts";

export const DELIVERED_TREE: Tree = new Map([
  ["sums/__init__.py", Buffer.from("def add(a, b):\n    return a + b\n")],
  ["sums/__main__.py", Buffer.from("print(1 + 1)\n")],
  ["sums.txt", Buffer.from("between the two in git's order\n")],
]);

const PLAN = PlanProduct.parse({
  toolchain: "python",
  summary: "One module that adds.",
  components: [{ name: "sums", purpose: "adding", paths: ["sums/**"], requirement_ids: ["R1"] }],
  interfaces: { modules: [], cli: [], http: [] },
  dependencies: [],
  tasks: [
    {
      ...{ key: "T1", title: "Adding", description: "Add it.", requirement_ids: ["R1"], closes: ["R1"] },
      ...{ depends_on: [], file_scope: ["sums/**"] },
    },
  ],
});
const SUITE = SuiteProduct.parse({
  prelude: "",
  tests: [{ id: "adds", requirement_ids: ["R1"], title: "adds two numbers", body: "assert.equal(1 + 1, 2);" }],
});

export interface DeliveredRun extends TestRun {
  readonly revision_id: string;
  readonly tree_sha256: string;
  /** The judgement of the whole; where there is none, of the task that landed. */
  readonly verification_id: string;
}

export interface DeliveryOptions {
  readonly tree?: Tree;
  /** What the judgement of the whole says; null: it was asked for 11 minutes ago, and nobody has judged. */
  readonly outcome?: VerificationOutcome | null;
  /** R1 is tested; others as they are given here. */
  readonly others?: readonly Requirement[];
  /** Which inspections the Director made and confirmed; all where nothing is said. */
  readonly inspect?: readonly string[];
  readonly dependencies?: { readonly resolution: Omit<DependencyResolution, "layer_sha256">; readonly layer: Tree };
}

/** A run that came through the verbs to the judgement of the whole, sealed and ready to be delivered. */
export async function judgedRun(
  db: TestDatabase,
  runtime: TestRuntime,
  { tree = DELIVERED_TREE, outcome = "accepted", others = [], inspect, dependencies }: DeliveryOptions = {},
): Promise<DeliveredRun> {
  const manager = (verb: string, ...args: readonly unknown[]) =>
    allDone(callVerb(db.pools.manager, verb, MANAGER, ...args));
  const run = await createTestRun(db);
  const requirements = [testRequirement("R1"), ...others];
  const product = { requirements, dispositions: [], questions: [] };
  const understood = await judged(db, runtime, run.first_task_id, "requirements", product);
  const rows = await requirementRows(db, requirements);
  await manager("adopt_requirements", run.run_id, understood.verification_id, rows, []);

  const planTask = await addTestTask(db, run, { kind: "plan" });
  const planned = await judged(db, runtime, planTask, "plan", PLAN, await resolved(db, dependencies));
  const plan = { id: newId(), run_id: run.run_id, revision: 1, ...planned };
  await manager("adopt_plan", plan);
  await approveTestPlan(db, run.run_id, plan.id);
  const suiteTask = await addTestTask(db, run, { kind: "acceptance_tests" });
  const tested = await judged(db, runtime, suiteTask, "acceptance_tests", SUITE);
  const suite = {
    id: newId(),
    run_id: run.run_id,
    version: 1,
    author_agent_id: null,
    replaces_test_ids: [],
    ...tested,
  };
  await manager("adopt_suite", suite);

  const claim = await assignAndAccept(
    db,
    runtime,
    await addTestTask(db, run),
    await createTestAgent(db, runtime, ["implement"]),
  );
  const product_sha256 = await submitTestAttempt(db, claim);
  const accepted = await judgeTestAttempt(db, claim, "accepted", { product_sha256, tree });
  const revision_id = (await landAndVerify(db, claim, accepted)) ?? "";
  for (const status of ["executing", "delivering"]) await manager("move_runs", [run.run_id], [status], [null], [null]);
  const tree_sha256 = await putTree(db.pools.manager, tree);
  const request = await askForAssembly(db, run, { revision_id, tree_sha256 });
  if (outcome === null) await antedate(db, request);
  const verification_id = outcome === null ? accepted : await assemble(db, request, tree_sha256, outcome, rows[0]?.id);
  for (const [index, { id, verification_method }] of requirements.entries())
    if (verification_method === "inspection" && inspect?.includes(id) !== false)
      await directorAction(db, "confirm_inspection", rows[index]?.id ?? "", { verdict: "pass" });
  await sealLog(db);
  return { ...run, revision_id, tree_sha256, verification_id };
}

/** The same, delivered. */
export async function deliveredRun(
  db: TestDatabase,
  runtime: TestRuntime,
  options: DeliveryOptions = {},
): Promise<DeliveredRun> {
  const run = await judgedRun(db, runtime, options);
  await allDone(finishTestRun(db, run));
  return run;
}

export function finishTestRun(
  db: TestDatabase,
  { run_id, revision_id }: Pick<DeliveredRun, "run_id" | "revision_id">,
  stop_reason: "verified" | "partial" = "verified",
) {
  return callVerb(db.pools.manager, "finish_runs", MANAGER, [run_id], ["completed"], [stop_reason], [revision_id]);
}

/** A run that is delivered as it is, because the Director said so; its judgement is a rejecting one unless it is told otherwise. */
export async function partialRun(
  db: TestDatabase,
  runtime: TestRuntime,
  options: DeliveryOptions = {},
): Promise<DeliveredRun> {
  const run = await judgedRun(db, runtime, { outcome: "rejected", ...options });
  await deliverPartially(db, run);
  return run;
}

/** Delivers this revision of an open run without open tasks in part. */
export async function deliverPartially(
  db: TestDatabase,
  run: Pick<DeliveredRun, "run_id" | "revision_id">,
): Promise<void> {
  await allDone(directorAction(db, "deliver_partial", run.run_id).then((outcome) => [outcome]));
  await sealLog(db);
  await allDone(finishTestRun(db, run, "partial"));
}

async function judged(
  db: TestDatabase,
  runtime: TestRuntime,
  taskId: string,
  kind: "requirements" | "plan" | "acceptance_tests",
  product: unknown,
  report: object = {},
) {
  const claim = await assignAndAccept(db, runtime, taskId, await createTestAgent(db, runtime, [kind]));
  const content_sha256 = await submitTestAttempt(db, claim, product);
  const seen = { report };
  const verification_id = await judgeTestAttempt(db, claim, "accepted", { product_sha256: content_sha256, seen });
  await landAndVerify(db, claim, verification_id);
  return { content_sha256, verification_id };
}

async function resolved(db: TestDatabase, dependencies: DeliveryOptions["dependencies"]): Promise<object> {
  if (dependencies === undefined) return {};
  const layer_sha256 = await putTree(db.pools.auditor, dependencies.layer);
  return { dependencies: { ...dependencies.resolution, layer_sha256 } };
}

/** Asks for the judgement of a revision as a whole; returns the request's id. */
export async function askForAssembly(
  db: TestDatabase,
  { run_id }: Pick<TestRun, "run_id">,
  { revision_id, tree_sha256 }: { revision_id: string; tree_sha256: string },
  retry = 0,
): Promise<string> {
  const { plan_id, suite_id } = await runRow(db, run_id);
  const about = { run_id, kind: "assembly", base_revision_id: revision_id, tree_sha256, plan_id, suite_id };
  const request = { id: newId(), ...about, task_id: null, attempt: null, claim_id: null, product_sha256: null, retry };
  await allDone(callVerb(db.pools.manager, "request_verifications", MANAGER, [request]));
  return request.id;
}

/** No verb does this: requests never change. */
export async function antedate(db: TestDatabase, requestId: string): Promise<void> {
  const client = await db.pools.admin.connect();
  await client.query("begin; set local session_replication_role = replica");
  const text = "update verification_requests set created_at = now() - interval '11 minutes' where id = $1";
  await client.query(text, [requestId]);
  await client.query("commit");
  client.release();
}

/** What the one test and its requirement came to, where an assembly ended like this. */
const SEEN = {
  accepted: ["pass", "pass"],
  rejected: ["fail", "fail"],
  inconclusive: ["pass", "inconclusive"],
  environment: null,
} as const satisfies Record<VerificationOutcome, readonly [string, string] | null>;

/** Judges an assembly as the Auditor does; returns the verification's id. */
export async function assemble(
  db: TestDatabase,
  request: string,
  tree_sha256: string,
  outcome: VerificationOutcome,
  requirement_id: string | undefined,
): Promise<string> {
  const seen = SEEN[outcome];
  if (seen === null) return recordTestVerification(db, request, outcome, tree_sha256);
  const [output_sha256] = await putBlobs(db.pools.auditor, [
    { body: Buffer.from("1 passed\n"), media_type: "text/plain" },
  ]);
  const passed = seen[0] === "pass" ? 1 : 0;
  const verdict = { requirement_id, verdict: seen[1], tests_passed: passed, tests_total: 1, detail: "" };
  const test = { test_id: "adds", requirement_keys: ["R1"], outcome: seen[0], reached_product: true, assertions: 1 };
  const evidence = { id: newId(), kind: "acceptance_run", command: ["suite"], exit_code: 1 - passed, reason: "exit" };
  return recordTestVerification(db, request, outcome, tree_sha256, [verdict], {
    tests: [{ ...test, guard: false, duration_ms: 1 }],
    evidence: [{ ...evidence, output_sha256, tree_sha256, duration_ms: 1 }],
  });
}

/** Records an attestation as the Auditor does, with as little in it as the database takes. */
export async function attestTestRun(db: TestDatabase, run: DeliveredRun): Promise<void> {
  const { auditor } = db.pools;
  const { rows } = await auditor.query<{ log_id: string }>("select log_id from audit_log_state");
  const key = signerOf(`aura_orchestra/${rows[0]?.log_id}/attestation`, Buffer.alloc(32, 9));
  const verifier_key = key.verifier.text;
  await allDone(callVerb(auditor, "register_attestation_keys", AUDITOR, [verifier_key]));
  const subject = [{ name: "sums", digest: { sha256: run.tree_sha256 } }];
  const statement = { _type: "https://in-toto.io/Statement/v1", subject, predicate: { result: "WARNED" } };
  const bodies = ["https://slsa.dev/provenance/v1", "https://in-toto.io/attestation/test-result/v0.1"].map(
    (predicateType) => signEnvelope(Buffer.from(canonicalJson({ ...statement, predicateType })), key),
  );
  const items = [...bodies, '{"bomFormat":"CycloneDX"}'].map((body) => ({
    body: Buffer.from(body),
    media_type: "application/json",
  }));
  const [provenance_sha256, test_result_sha256, sbom_sha256] = await putBlobs(auditor, items);
  const { run_id, verification_id } = run;
  const attestation = {
    id: newId(),
    run_id,
    verification_id,
    provenance_sha256,
    test_result_sha256,
    sbom_sha256,
    verifier_key,
  };
  await allDone(callVerb(auditor, "record_attestations", AUDITOR, [attestation]));
}
