import { createLog } from "@aura/shared/log";
import { newId } from "@aura/shared/models/ids";
import type { Tree } from "@aura/shared/models/tree";
import { putJson, readJson, readTree } from "@aura/shared/postgres/blobs";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import type { PlannedTask, PlanProduct } from "@aura/shared/schemas/plan-product";
import { type Requirement, RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { type AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import { TaskContext } from "@aura/shared/schemas/task-context";
import type {
  Coverage,
  EnvironmentFacts,
  Finding,
  Mutation,
  SecondRun,
  TestResult,
  VerificationReport,
} from "@aura/shared/schemas/verification-report";
import { AUDITOR, allDone, MANAGER, putAgentJson, RUNTIME, type TestRuntime } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { sealLog } from "@aura/shared/testing/sealing";
import { readRequirements, readRunTasks } from "../../src/db/orchestration-specification.ts";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { closedRequirements, closingTests } from "../../src/orchestration/closing-tests.ts";
import { type LoopDeps, tick } from "../../src/orchestration/loop.ts";
import { RepeatedFailures } from "../../src/orchestration/repeated-failures.ts";
import { STEPS } from "../../src/orchestration/steps/all.ts";

/**
 * The other two sides of a run, played through their real verbs: an agent that does what a script says, an Auditor
 * whose verdicts follow from the trees. Products are text files of words; an acceptance test wants one word, which is
 * its body's last line, and passes on a tree in which some file has it.
 */
export class ScriptedWorld {
  readonly db: TestDatabase;
  readonly runtime: TestRuntime;
  readonly deps: LoopDeps;
  #script = defaultScript();
  /** Contexts that agents were given, by task key, oldest first. */
  readonly given = new Map<string, TaskContext[]>();

  constructor(db: TestDatabase, runtime: TestRuntime) {
    this.db = db;
    this.runtime = runtime;
    this.deps = {
      pool: db.pools.manager,
      verbs: new ManagerVerbs(MANAGER.actor_id, MANAGER.term),
      log: createLog("test", "warn"),
      failures: new RepeatedFailures(),
    };
  }

  /** What agents and Auditor do from now on; where a script says null, everything succeeds. */
  play(agents: (context: TaskContext, claim: Claim) => Ending | null, auditor: Script["judge"] = () => null): void {
    this.#script = { play: (context, claim) => agents(context, claim) ?? submit(productOf(context)), judge: auditor };
  }

  tick(): Promise<number> {
    return tick(this.deps, STEPS);
  }

  /** Manager, agents and Auditor take turns until nobody has anything to do, or `until` holds. */
  async settle(until: () => Promise<boolean> = async () => false, turns = 60): Promise<void> {
    for (let turn = 0, still = 0; turn < turns && still < 2; turn += 1) {
      const moved = (await this.tick()) + (await this.work()) + (await this.judge()) + (await this.seal());
      still = moved === 0 ? still + 1 : 0;
      if (await until()) return;
    }
  }

  /** The agents' turn. */
  async work(): Promise<number> {
    const { agent } = this.db.pools;
    await agent.query("select from beat_runtime($1, '{}', '{}', 60)", [this.runtime.token]);
    const claims = await callVerbRows<Claim>(agent, "accept_tasks", RUNTIME, this.runtime.token, 50, 60);
    for (const claim of claims) {
      const context = TaskContext.parse(JSON.parse(claim.context.toString("utf8")));
      this.given.set(claim.key, [...(this.given.get(claim.key) ?? []), context]);
      await this.#finish(claim, this.#script.play(context, claim));
    }
    return claims.length;
  }

  async #finish(claim: Claim, ending: Ending): Promise<void> {
    const { agent } = this.db.pools;
    const fence = [RUNTIME, this.runtime.token, [claim.task_id], [claim.claim_id]] as const;
    if (ending.kind === "silent") return;
    if (ending.kind === "submit") {
      const product = Buffer.from(await putAgentJson(this.db, this.runtime.token, ending.product), "hex");
      await allDone(callVerb(agent, "submit_attempts", ...fence, [product], [product], ["1"]));
    } else {
      await allDone(callVerb(agent, "end_attempts", ...fence, [ending.kind], [ending.code], [ending.detail], [null]));
    }
  }

  /** The Auditor's turn. */
  async judge(): Promise<number> {
    const { auditor } = this.db.pools;
    const claims = await callVerbRows<{ request_id: string; claim_id: string }>(
      auditor,
      "claim_verifications",
      AUDITOR,
      "scripted",
      50,
      60,
    );
    for (const { request_id, claim_id } of claims) await this.#record(request_id, claim_id);
    return claims.length;
  }

  async seal(): Promise<number> {
    return (await sealLog(this.db)) ? 1 : 0;
  }

  async #record(requestId: string, claimId: string): Promise<void> {
    const { auditor } = this.db.pools;
    const request = await this.#request(requestId);
    const report = this.#script.judge(request) ?? (await this.#judgeByWords(request));
    const ids = new Map((await readRequirements(auditor, request.run_id)).map((r) => [r.content.id, r.requirement_id]));
    const verification = {
      id: newId(),
      outcome: report.outcome,
      report_sha256: await putJson(auditor, report),
      tree_sha256: request.tree_sha256,
      sandbox_level: request.tree_sha256 === null ? null : "bubblewrap",
      environment_sha256: request.tree_sha256 === null ? null : await putJson(auditor, ENVIRONMENT),
      verdicts: report.verdicts.map((verdict) => ({ ...verdict, requirement_id: ids.get(verdict.requirement_id) })),
      tests: report.tests.map((test) => ({ ...test, requirement_keys: test.requirement_ids })),
      evidence: [],
    };
    const item = { request_id: requestId, claim_id: claimId, ...verification };
    await allDone(callVerb(auditor, "record_verifications", AUDITOR, "scripted", [item]));
  }

  async #request(requestId: string): Promise<JudgedRequest> {
    const { rows } = await this.db.pools.auditor.query<JudgedRequest & Record<string, unknown>>(
      `select q.id, q.run_id, q.kind, q.task_id, t.key, q.attempt, q.retry, encode(q.tree_sha256, 'hex') as tree_sha256,
              encode(q.product_sha256, 'hex') as product_sha256, encode(s.content_sha256, 'hex') as suite_sha256
         from verification_requests q left join task_queue t on t.id = q.task_id left join suites s on s.id = q.suite_id
        where q.id = $1`,
      [requestId],
    );
    return rows[0] as JudgedRequest;
  }

  async #judgeByWords(request: JudgedRequest): Promise<VerificationReport> {
    if (request.tree_sha256 === null || request.suite_sha256 === null) return reportOf("accepted");
    const { auditor } = this.db.pools;
    const tree = await readTree(auditor, request.tree_sha256);
    const { tests } = await readJson(auditor, request.suite_sha256, SuiteProduct);
    const chosen = request.task_id === null ? tests : await this.#closing(request, tests);
    const results = chosen.map((test) => resultOf(test, tree));
    const failed = results.some((test) => test.outcome !== "pass");
    const coverage =
      request.kind === "assembly" ? { second_run: SECOND_RUN, coverage: COVERAGE, mutation: MUTATION } : {};
    return {
      ...reportOf(failed ? "rejected" : "accepted"),
      tests: results,
      verdicts: verdictsOf(results),
      ...coverage,
    };
  }

  async #closing(request: JudgedRequest, tests: readonly AcceptanceTest[]) {
    const nodes = await readRunTasks(this.db.pools.auditor, request.run_id);
    return closingTests(tests, closedRequirements(request.task_id ?? "", nodes));
  }
}

export interface Claim extends Record<string, unknown> {
  readonly task_id: string;
  readonly key: string;
  readonly claim_id: string;
  readonly attempt: number;
  readonly agent_slug: string;
  readonly context: Buffer;
}

export type Ending =
  | { readonly kind: "submit"; readonly product: unknown }
  | { readonly kind: "gave_up" | "held_up"; readonly code: string; readonly detail: string }
  | { readonly kind: "silent" };

export interface JudgedRequest {
  readonly id: string;
  readonly run_id: string;
  readonly kind: string;
  readonly task_id: string | null;
  readonly key: string | null;
  readonly attempt: number | null;
  readonly retry: number;
  readonly tree_sha256: string | null;
  readonly product_sha256: string | null;
  readonly suite_sha256: string | null;
}

export interface Script {
  play(context: TaskContext, claim: Claim): Ending;
  /** A report of its own, or null: by the words in the tree. */
  judge(request: JudgedRequest): VerificationReport | null;
}

/** A product with two parallel tasks, each closing one requirement; every task succeeds at once. */
function defaultScript(): Script {
  return { play: (context) => submit(productOf(context)), judge: () => null };
}

export function submit(product: unknown): Ending {
  return { kind: "submit", product };
}

export function productOf(context: TaskContext): unknown {
  switch (context.kind) {
    case "requirements":
      return requirementsProduct(["R1", "R2"]);
    case "plan":
      return planProduct();
    case "acceptance_tests":
      return suiteProduct(context.wanted_requirement_ids);
    case "implement":
      return delta(context, { [fileOf(context)]: context.closes.map(wordOf).join("\n") });
    case "review":
      return { summary: "looked at it", doubts: [] };
  }
}

export function requirementsProduct(
  keys: readonly string[],
  changes: Partial<Record<string, Partial<Requirement>>> = {},
) {
  const requirements = keys.map((id) => ({
    id,
    block_ids: ["B2"],
    kind: "functional",
    priority: "must",
    title: `Requirement ${id}`,
    text: `It does ${id}.`,
    acceptance_criteria: [`It shows ${wordOf(id)}.`],
    verification_method: "test",
    ...changes[id],
  }));
  const dispositions = [{ block_id: "B1", disposition: "context", reason: "a heading" }];
  return RequirementsProduct.parse({ requirements, dispositions, questions: [] });
}

export function plannedTask(key: string, closes: readonly string[], dependsOn: readonly string[] = []): PlannedTask {
  return {
    key,
    title: `Build ${key}`,
    description: `Write what ${closes.join(" and ")} asks for.`,
    requirement_ids: [...closes],
    closes: [...closes],
    depends_on: [...dependsOn],
    file_scope: [`${key.toLowerCase()}/**`],
  };
}

export function planProduct(tasks = [plannedTask("T1", ["R1"]), plannedTask("T2", ["R2"])]): PlanProduct {
  return {
    toolchain: "python",
    summary: "Two files of words.",
    components: [{ name: "words", purpose: "holds words", paths: ["t1/**"], requirement_ids: ["R1"] }],
    interfaces: {
      modules: [],
      cli: [{ name: "words", command: ["python3", "-m", "words"], usage: "words" }],
      http: [],
    },
    dependencies: [],
    tasks,
  };
}

export function testFor(key: string, word = wordOf(key), id = `test-${key}`): AcceptanceTest {
  return { id, requirement_ids: [key], title: `shows ${word}`, body: `await product.files();\n${word}`, timeout_s: 15 };
}

export function suiteProduct(keys: readonly string[]): SuiteProduct {
  return { prelude: "", tests: keys.map((key) => testFor(key)), rulings: [] };
}

/** What satisfies a requirement. */
export function wordOf(key: string): string {
  return `word-of-${key}`;
}

function fileOf(context: TaskContext): string {
  return `${context.task_key.split("-")[0]?.toLowerCase()}/words.txt`;
}

/** A change of the tree that the context gave: files of words. */
export function delta(
  context: TaskContext,
  files: Record<string, string>,
  disputes: { test_id: string; basis: string }[] = [],
) {
  if (context.kind !== "implement") throw new Error("only a developer submits a change");
  const changes = Object.entries(files).map(([path, content]) => ({ path, content }));
  return { base_tree_sha256: context.base_tree_sha256, changes, summary: "words", disputes };
}

const ENVIRONMENT: EnvironmentFacts = {
  sandbox_level: "bubblewrap",
  canaries: { tcp: "contained", fork_300: "contained" },
  kernel: "6.1",
  toolchain: { python: "3.11" },
  launcher_sha256: null,
  isolator: "bubblewrap 0.8.0",
  runtime: "linux",
  seccomp_sha256: null,
};

export function reportOf(
  outcome: VerificationReport["outcome"],
  findings: readonly Finding[] = [],
): VerificationReport {
  return { outcome, findings: [...findings], verdicts: [], tests: [], guards: [], evidence: [], environment: null };
}

const MUTATION: Mutation = {
  ...{ sampled: 2, killed: 1, not_run: 0 },
  survived: [
    {
      ...{ path: "t1/words.py", function: "count", line: 5, operator: "boundary" },
      ...{ behaviour: "equal values count on the other side", requirement_ids: ["R1"] },
    },
  ],
};
const SECOND_RUN: SecondRun = {
  tests: 2,
  agreed: 1,
  clock_offset_s: 40 * 86_400,
  disagreed: [
    { test_id: "test-R2", requirement_ids: ["R2"], because: "failed once and passed once on the same tree." },
  ],
};
const COVERAGE: Coverage = {
  functions: 3,
  functions_reached: 1,
  requirements: [],
  files: [],
  unreached: [
    { path: "t1/words.py", name: "Words.__len__", line: 3 },
    { path: "t1/words.py", name: "main", line: 9 },
  ],
};

function resultOf(test: AcceptanceTest, tree: Tree): TestResult {
  const word = test.body.split("\n").at(-1) ?? "";
  const passes = [...tree.values()].some((body) => body.toString("utf8").split("\n").includes(word));
  return {
    test_id: test.id,
    requirement_ids: test.requirement_ids,
    outcome: passes ? "pass" : "fail",
    reached_product: true,
    reached_stub: false,
    assertions: 1,
    input: null,
    expected: passes ? null : word,
    observed: passes ? null : "nothing",
    message: null,
    duration_ms: 1,
  };
}

function verdictsOf(results: readonly TestResult[]): VerificationReport["verdicts"] {
  const keys = [...new Set(results.flatMap((test) => test.requirement_ids))].sort();
  return keys.map((key) => {
    const own = results.filter((test) => test.requirement_ids.includes(key));
    const passed = own.filter((test) => test.outcome === "pass").length;
    const verdict = passed === own.length ? "pass" : "fail";
    return { requirement_id: key, verdict, tests_passed: passed, tests_total: own.length, detail: "" };
  });
}
