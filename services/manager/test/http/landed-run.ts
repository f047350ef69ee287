import { newId } from "@aura/shared/models/ids";
import type { Tree } from "@aura/shared/models/tree";
import { putJson } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import {
  addTestTask,
  allDone,
  approveTestPlan,
  assignAndAccept,
  createTestRun,
  createTestRuntime,
  judgeTestAttempt,
  landAndVerify,
  MANAGER,
  submitTestAttempt,
  type TestRun,
  type TestRuntime,
} from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";

const requirement = (id: string, title: string, verification_method: "test" | "inspection") => ({
  id,
  block_ids: ["B2"],
  kind: "functional" as const,
  priority: "must" as const,
  title,
  text: `${title}, exactly.`,
  acceptance_criteria: [`${title} for small numbers`],
  verification_method,
});

const REQUIREMENTS = RequirementsProduct.parse({
  requirements: [requirement("R1", "It adds", "test"), requirement("R2", "It reads well", "inspection")],
  dispositions: [{ block_id: "B1", disposition: "context", reason: "a title" }],
  questions: [],
});

export const PLAN = PlanProduct.parse({
  toolchain: "python",
  summary: "One module that adds.",
  components: [{ name: "sums", purpose: "adding", paths: ["sums/**"], requirement_ids: ["R1"] }],
  interfaces: { modules: [], cli: [], http: [] },
  dependencies: [],
  tasks: [
    {
      key: "T1",
      title: "Adding",
      description: "Add it.",
      requirement_ids: ["R1"],
      closes: ["R1"],
      depends_on: [],
      file_scope: ["sums/**"],
    },
    {
      key: "T2",
      title: "Printing",
      description: "Print it.",
      requirement_ids: ["R1"],
      closes: [],
      depends_on: ["T1"],
      file_scope: ["main.py"],
    },
  ],
});

export const SUITE = SuiteProduct.parse({
  prelude: "const two = 2;",
  tests: [{ id: "adds", requirement_ids: ["R1"], title: "adds two numbers", body: "assert.equal(1 + 1, two);" }],
});

export const TREES: readonly Tree[] = [
  new Map([
    ["sums/__init__.py", Buffer.from("def add(a, b):\n    return a + b\n")],
    ["logo.bin", Buffer.from([0, 1, 2])],
  ]),
  new Map([
    ["sums/__init__.py", Buffer.from("def add(a, b):\n    # exact\n    return a + b\n")],
    ["logo.bin", Buffer.from([0, 1, 2])],
    ["docs/über uns.md", Buffer.from("<script>alert(1)</script>\n")],
  ]),
];

/** What a browser would run, and what git would heed, if they were served as what they are. */
export const ACTIVE: Tree = new Map([
  [".gitattributes", Buffer.from("* filter=evil diff=evil merge=evil\n")],
  [".gitmodules", Buffer.from('[submodule "x"]\n\tpath = x\n\turl = ext::sh -c "touch hooked"\n')],
  ["docs/page.html", Buffer.from("<html><script>alert(1)</script></html>\n")],
  ["docs/picture.svg", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>\n')],
]);

export interface LandedRun {
  readonly run: TestRun;
  readonly runtime: TestRuntime;
  readonly requirement_ids: Readonly<Record<"R1" | "R2", string>>;
  readonly tasks: Readonly<Record<"T1" | "T2", string>>;
  /** Of TREES, in their order. */
  readonly revisions: readonly string[];
}

/** A run that came through the verbs to two landed revisions, with requirements, plan and suite; R1 passed at T1. */
export async function landedRun(db: TestDatabase, trees = TREES): Promise<LandedRun> {
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  const requirement_ids = await specify(db, runtime, run);
  const tasks = {
    T1: await addTestTask(db, run, { key: "T1", requirements: [{ requirement_id: requirement_ids.R1, closes: true }] }),
    T2: "",
  };
  tasks.T2 = await addTestTask(db, run, { key: "T2" });
  const passed = { requirement_id: requirement_ids.R1, verdict: "pass", tests_passed: 1, tests_total: 1, detail: "" };
  const revisions = [
    await land(db, runtime, tasks.T1, trees[0] as Tree, [passed]),
    await land(db, runtime, tasks.T2, trees[1] as Tree, []),
  ];
  return { run, runtime, requirement_ids, tasks, revisions };
}

async function specify(db: TestDatabase, runtime: TestRuntime, run: TestRun) {
  const ids = { R1: newId(), R2: newId() };
  const understood = await accept(db, runtime, run.first_task_id, REQUIREMENTS);
  const rows = await Promise.all(
    REQUIREMENTS.requirements.map(async (row) => ({
      ...{ id: ids[row.id as "R1" | "R2"], key: row.id, kind: row.kind, priority: row.priority },
      ...{ verification_method: row.verification_method, block_ids: row.block_ids },
      content_sha256: await putJson(db.pools.manager, row),
    })),
  );
  const adopted = [MANAGER, run.run_id, understood.verification_id, rows, REQUIREMENTS.dispositions] as const;
  await allDone(callVerb(db.pools.manager, "adopt_requirements", ...adopted));
  const planned = await accept(db, runtime, await addTestTask(db, run, { kind: "plan", key: "PLAN" }), PLAN);
  const plan = { id: newId(), run_id: run.run_id, revision: 1, ...planned };
  await allDone(callVerb(db.pools.manager, "adopt_plan", MANAGER, plan));
  await approveTestPlan(db, run.run_id, plan.id);
  const tested = await accept(
    db,
    runtime,
    await addTestTask(db, run, { kind: "acceptance_tests", key: "SUITE" }),
    SUITE,
  );
  const suite = {
    id: newId(),
    run_id: run.run_id,
    version: 1,
    author_agent_id: null,
    replaces_test_ids: [],
    ...tested,
  };
  await allDone(callVerb(db.pools.manager, "adopt_suite", MANAGER, suite));
  return ids;
}

async function accept(db: TestDatabase, runtime: TestRuntime, task_id: string, product: unknown) {
  const claim = await assignAndAccept(db, runtime, task_id);
  const product_sha256 = await submitTestAttempt(db, claim, product);
  const verification_id = await judgeTestAttempt(db, claim, "accepted", { product_sha256 });
  await landAndVerify(db, claim, verification_id);
  return { verification_id, content_sha256: product_sha256 };
}

async function land(db: TestDatabase, runtime: TestRuntime, task_id: string, tree: Tree, verdicts: readonly object[]) {
  const claim = await assignAndAccept(db, runtime, task_id);
  const product_sha256 = await submitTestAttempt(db, claim);
  const verification_id = await judgeTestAttempt(db, claim, "accepted", { product_sha256, tree, verdicts });
  const revision = await landAndVerify(db, claim, verification_id);
  if (revision === null) throw new Error("nothing landed");
  return revision;
}
