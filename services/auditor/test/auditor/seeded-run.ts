import { randomUUID } from "node:crypto";
import type { VerificationKind } from "@aura/shared/enums/verification";
import type { Tree } from "@aura/shared/models/tree";
import { putJson, putTree, readJson } from "@aura/shared/postgres/blobs";
import { type Pool, type Tx, withTransaction } from "@aura/shared/postgres/client";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { VerificationReport } from "@aura/shared/schemas/verification-report";
import { reportOf } from "../../src/auditor/judge-context.ts";
import { acceptanceTest, block, plan, requirement, suite, task } from "../validators/fixtures.ts";

/** A run of a program that adds two numbers, as it stands while its first task is worked on. */
export interface SeededRun {
  readonly run_id: string;
  /** From now on the run has the plan that this request accepted. */
  adopt(requestId: string): Promise<void>;
  /** From now on a task repairs R1 of the assembled product that this request judged. */
  repair(requestId: string): Promise<void>;
  /** Seeds a submitted task of this kind with a request to judge it. @returns the request's id */
  submit(kind: VerificationKind, product: unknown, tree?: Tree, disputed?: string[]): Promise<string>;
  /** Seeds a request to judge the assembled tree of a run that has no suite. @returns the request's id */
  submitWithoutSuite(tree: Tree): Promise<string>;
  /** From now on a person inspects every requirement of the run. */
  inspectEverything(): Promise<void>;
  /** A check that a running task asked for. @returns the job's id */
  askForCheck(tree: Tree, command: string): Promise<string>;
}

export const ADDER_PLAN: PlanProduct = plan({
  components: [{ name: "adder", purpose: "adds", paths: ["adder/**"], requirement_ids: ["R1"] }],
  interfaces: {
    modules: [
      {
        path: "adder/core.py",
        purpose: "arithmetic",
        symbols: [{ kind: "function", name: "add", signature: "def add(a: int, b: int) -> int", methods: [], doc: "" }],
      },
    ],
    cli: [{ name: "adder", command: ["python3", "-m", "adder"], usage: "adder A B" }],
    http: [],
  },
  tasks: [task("T1", { requirement_ids: ["R1", "R2"], closes: ["R1", "R2"], file_scope: ["adder/**"] })],
});

export const ADDER_SUITE: SuiteProduct = suite(
  acceptanceTest("sum", ["R1"], 'const r = await product.cli(["2", "3"]); assert.equal(r.stdout, "5\\n");'),
  acceptanceTest(
    "probe",
    ["R2"],
    'assert.equal(await product.probe("import json\\nfrom adder.core import add\\nprint(json.dumps(add(1, -1)))"), 0);',
  ),
  acceptanceTest("guard", ["R2"], 'const r = await product.cli(["x"]); assert.notEqual(r.exit_code, 0);'),
);

export function adderTree(core = "def add(a, b):\n    return a + b\n"): Tree {
  const main = "import sys\nfrom adder.core import add\nprint(add(int(sys.argv[1]), int(sys.argv[2])))\n";
  const files = { "adder/__init__.py": "", "adder/__main__.py": main, "adder/core.py": core };
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
}

/** Rows as they would stand; written past the triggers, which want every step of the way there. */
export async function seedRun(admin: Pool): Promise<SeededRun> {
  const run_id = randomUUID();
  const ids = await withTransaction(admin, async (tx) => {
    await tx.query("set local session_replication_role = replica");
    return seedSpecification(tx, run_id);
  });
  let claim = 1000;
  let mended: string | null = null;
  const seedTask = async (tx: Tx, kind: string, status: string, disputed: string[]) => {
    claim += 1;
    const id = randomUUID();
    const spec = TaskSpec.parse({ file_scope: ["adder/**", "requirements.txt", "json.py"], verification_id: mended });
    await tx.query(
      `insert into task_queue (id, run_id, status, kind, key, title, spec_sha256, attempt, claim_id, assigned_agent, disputes_test_ids)
       values ($1, $2, $3, $4, $5, 'seeded', decode($6, 'hex'), 1, $7, $8, $9)`,
      [id, run_id, status, kind, `T${claim}`, await putJson(tx, spec), claim, randomUUID(), disputed],
    );
    if (kind === "implement") {
      await tx.query("insert into task_requirements select $1, id, true from unnest($2::uuid[]) id", [
        id,
        mended === null ? ids.closed : ids.closed.slice(0, 1),
      ]);
    }
    return { id, claim };
  };
  const past = <T>(work: (tx: Tx) => Promise<T>) =>
    withTransaction(admin, async (tx) => {
      await tx.query("set local session_replication_role = replica");
      return work(tx);
    });
  return {
    run_id,
    submit: (kind, product, tree, disputed = []) =>
      past(async (tx) => {
        const id = randomUUID();
        const submitted = kind === "assembly" ? null : await seedTask(tx, kind, "submitted", disputed);
        await tx.query(
          `insert into verification_requests (id, run_id, kind, task_id, attempt, claim_id, product_sha256, tree_sha256, plan_id, suite_id)
           values ($1, $2, $3, $4, 1, $5, decode($6, 'hex'), decode($7, 'hex'), $8, $9)`,
          [
            id,
            run_id,
            kind,
            submitted?.id ?? null,
            submitted?.claim ?? null,
            await putJson(tx, product),
            tree === undefined ? null : await putTree(tx, tree),
            ids.plan_id,
            kind === "implement" || kind === "assembly" ? ids.suite_id : null,
          ],
        );
        return id;
      }),
    submitWithoutSuite: (tree) =>
      past(async (tx) => {
        const id = randomUUID();
        await tx.query(
          `insert into verification_requests (id, run_id, kind, tree_sha256, plan_id)
           values ($1, $2, 'assembly', decode($3, 'hex'), $4)`,
          [id, run_id, await putTree(tx, tree), ids.plan_id],
        );
        return id;
      }),
    adopt: (requestId) =>
      past(async (tx) => {
        await tx.query(
          "update plans set verification_id = (select id from verifications where request_id = $2) where id = $1",
          [ids.plan_id, requestId],
        );
      }),
    repair: async (requestId) => {
      const { rows } = await admin.query("select id from verifications where request_id = $1", [requestId]);
      mended = rows[0].id;
    },
    inspectEverything: () =>
      past(async (tx) => {
        await tx.query("update requirements set verification_method = 'inspection' where run_id = $1", [run_id]);
      }),
    askForCheck: (tree, command) =>
      past(async (tx) => {
        const id = randomUUID();
        const running = await seedTask(tx, "implement", "running", []);
        await tx.query(
          `insert into sandbox_jobs (id, run_id, task_id, claim_id, number, tree_sha256, toolchain, command)
           values ($1, $2, $3, $4, 1, decode($5, 'hex'), 'python', $6)`,
          [id, run_id, running.id, running.claim, await putTree(tx, tree), command],
        );
        return id;
      }),
  };
}

async function seedSpecification(tx: Tx, run_id: string) {
  const [prd_id, plan_id, suite_id] = [randomUUID(), randomUUID(), randomUUID()];
  const none = await putJson(tx, []);
  await tx.query(
    "insert into prds (id, title, body_sha256, attachments_sha256, blocks_sha256) values ($1, 'Adder', decode($2, 'hex'), decode($2, 'hex'), decode($2, 'hex'))",
    [prd_id, none],
  );
  for (const { block_id, position, kind, headings, body } of [block("B1", "heading"), block("B2"), block("B3")]) {
    await tx.query("insert into prd_blocks values ($1, $2, $3, $4, $5, $6)", [
      prd_id,
      block_id,
      position,
      kind,
      headings,
      body,
    ]);
  }
  await tx.query(
    "insert into orchestra_runs (id, manager_id, status, prd_id, plan_id) values ($1, 'manager', 'executing', $2, $3)",
    [run_id, prd_id, plan_id],
  );
  const closed: string[] = [];
  for (const key of ["R1", "R2", "R3"]) {
    const id = randomUUID();
    const method = key === "R3" ? "inspection" : "test";
    if (method === "test") closed.push(id);
    await tx.query(
      `insert into requirements (id, run_id, key, kind, priority, verification_method, block_ids, content_sha256)
       values ($1, $2, $3, 'functional', 'must', $4, '{B2}', decode($5, 'hex'))`,
      [id, run_id, key, method, await putJson(tx, requirement(key, ["B2"], { verification_method: method }))],
    );
  }
  await tx.query(
    "insert into plans (id, run_id, revision, content_sha256, digest, verification_id) values ($1, $2, 1, decode($3, 'hex'), decode($3, 'hex'), $4)",
    [plan_id, run_id, await putJson(tx, ADDER_PLAN), await seedAccepted(tx, run_id)],
  );
  await tx.query("insert into suites (id, run_id, version, content_sha256) values ($1, $2, 1, decode($3, 'hex'))", [
    suite_id,
    run_id,
    await putJson(tx, ADDER_SUITE),
  ]);
  return { plan_id, suite_id, closed };
}

/** The verification by which the plan was accepted. */
async function seedAccepted(tx: Tx, run_id: string): Promise<string> {
  const id = randomUUID();
  const report = await putJson(tx, reportOf([]));
  await tx.query(
    "insert into verifications (id, request_id, run_id, outcome, report_sha256, auditor) values ($1, $2, $3, 'accepted', decode($4, 'hex'), 'seeded')",
    [id, randomUUID(), run_id, report],
  );
  return id;
}

/** What the Auditor recorded on a request; null when it recorded nothing. */
export async function recordedReport(admin: Pool, requestId: string): Promise<VerificationReport | null> {
  const { rows } = await admin.query<{ sha256: string }>(
    "select encode(report_sha256, 'hex') as sha256 from verifications where request_id = $1",
    [requestId],
  );
  return rows[0] === undefined ? null : readJson(admin, rows[0].sha256, VerificationReport);
}
