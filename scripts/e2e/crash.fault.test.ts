import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { checkInvariants } from "./invariants.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { type ServiceName, startTestSystem, type TestSystem, untilRun } from "./test-system.ts";
import { until } from "./until.ts";

/** A run that is killed all the time takes about a minute alone on two cores; two run at once, and others may work too. */
const RUN_S = 320;

/** One rejected attempt on the way, so that repair is crossed too. */
const PRODUCT: CommandProduct = { name: "crash", count: 2, wrong: (attempt) => (attempt === 1 ? [2] : []) };
let model: ScriptedModel;

beforeAll(async () => {
  model = await startScriptedModel(() => scripted(PRODUCT));
});
afterAll(() => model.close());

async function survive(
  crashPlan: Partial<Record<ServiceName, readonly string[]>>,
  afterwards: (system: TestSystem) => Promise<void> = async () => undefined,
): Promise<void> {
  const system = await startTestSystem(model, { crashPlan });
  try {
    const body = { project: "crash", prd: { body: prdOf(PRODUCT) }, oversight: "autonomous" as const };
    const { id } = await startPatiently(system, body);
    const run = await untilRun(
      system.api,
      id,
      ({ status }) => ["completed", "failed", "cancelled"].includes(status),
      RUN_S,
    );
    console.log(`${system.deaths().length} deaths: ${system.deaths().join(", ")}`);
    expect(run).toMatchObject({ status: "completed", stop_reason: "verified" });
    expect(system.deaths().length).toBeGreaterThan(0);
    await afterwards(system);
    await checkInvariants(system.database);
  } finally {
    await system.close();
  }
}

/** The manager may die under the very request; then nobody knows whether the run was started, and the list tells. */
async function startPatiently(system: TestSystem, body: Record<string, unknown>): Promise<{ id: string }> {
  for (;;) {
    try {
      return (await system.api.call(OPERATIONS.startRun, { body } as never)) as { id: string };
    } catch {
      const runs = await system.api.call(OPERATIONS.listRuns, { query: {} } as never).catch(() => null);
      const [first] = (runs as { data: { id: string }[] } | null)?.data ?? [];
      if (first !== undefined) return first;
    }
  }
}

/** `times` processes that die at crossing 1, 2, ... `cycle`, 1, 2, ...: the later ones get past what a rollback or a repeat undoes. */
const rotating = (when: "after" | "before", cycle: number, times: number) =>
  Array.from({ length: times }, (_, index) => `${when}:${1 + (index % cycle)}`);

test.concurrent("the manager dies after every write, in transactions and between them", () =>
  survive({ manager: ["after:put_blobs", ...rotating("after", 12, 30)] }));

test.concurrent("the manager dies before every write", () => survive({ manager: rotating("before", 12, 24) }));

test.concurrent("the auditor dies at every crossing of a verification", () =>
  survive({ auditor: [1, 2, 3, 4, 5, 6, 9, 13].flatMap((n) => [`after:${n}`, `before:${n}`]) }));

test.concurrent("the sealer dies at every boundary of a checkpoint, and of the seal of a run", () => {
  const around = (...names: string[]) => names.flatMap((name) => [`before:${name}`, `after:${name}`]);
  const checkpoint = around("record_checkpoint", "seal_commit");
  const plan = [...around("register_audit_keys"), ...checkpoint, ...checkpoint, ...around("seal_runs")];
  return survive({ auditor: plan }, async ({ database: { pools }, deaths }) => {
    await until(async () => (await pools.auditor.query("select from run_seals")).rows.length === 1);
    expect(deaths()).toEqual(plan.map((boundary) => boundary.replace(":", " ")));
  });
});

test.concurrent("agents die after every crossing of an attempt, one death a task", () =>
  survive({ agent: [1, 2, 3, 4, 5, 6, 7].flatMap((n) => [`after:${n}`, "after:submit_attempts"]) }));

test.concurrent("agents die before every crossing of an attempt, one death a task", () =>
  survive({ agent: [2, 3, 4, 5, 6, 7].flatMap((n) => [`before:${n}`, "after:submit_attempts"]) }));

test.concurrent("all three die at once, again and again", () =>
  survive({
    manager: rotating("after", 12, 12),
    agent: ["after:3", "after:submit_attempts", "after:5", "after:submit_attempts"],
    auditor: ["after:2", "after:4", "after:3"],
  }));
