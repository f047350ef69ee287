import { setTimeout as sleep } from "node:timers/promises";
import { createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { checkInvariants } from "./invariants.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestSystem } from "./test-system.ts";
import { until } from "./until.ts";

/** Runtimes that die or stand still with a task in hand, under the leases of the product. */

const LEASE_S = 25;
/** The requirement: lease, one look of the Manager, one of a runtime. */
const RECOVERY_S = 35;
const NAMES = ["killed", "half", "more"] as const;
const products = new Map<string, CommandProduct>(
  NAMES.map((name) => [name, { name, count: 1, wrong: () => [] }] as const),
);
let model: ScriptedModel;
let system: TestSystem;

beforeAll(async () => {
  model = await startScriptedModel((prompt) => {
    const product = products.get(/\bcmds ([a-z]+)\d/.exec(prompt)?.[1] ?? "");
    if (product === undefined) throw new Error("the prompt names no command of a known product");
    return scripted(product);
  });
  system = await startTestSystem(model, { isPatient: true });
});
afterAll(async () => {
  await system.close();
  await model.close();
});

async function ask<T extends object>(sql: string, ...values: readonly unknown[]): Promise<T[]> {
  return (await system.database.pools.admin.query(sql, [...values])).rows as T[];
}

/** A run of that name, as soon as its first task of the kind is in an agent's hand, whose model does not answer. */
async function heldAt(kind: "implement" | "acceptance_tests", name: (typeof NAMES)[number]) {
  const call = model.hold(kind, name);
  const api = createApiClient(system.manager_url, system.database.directorKey);
  const prd = { body: prdOf(products.get(name) as CommandProduct) };
  const { id } = await api.call(OPERATIONS.startRun, { body: { project: name, prd, oversight: "autonomous" } });
  await call.arrived;
  const [holder] = await ask<{ task_id: string; pid: number }>(
    `select t.id as task_id, substring(r.name from '[0-9]+$')::int as pid from task_queue t
     join task_attempts a on a.task_id = t.id and a.attempt = t.attempt join agent_runtimes r on r.id = a.runtime_id
     where t.run_id = $1 and t.kind = $2 and t.status = 'running'`,
    id,
    kind,
  );
  return { task_id: holder?.task_id ?? "", pid: holder?.pid ?? 0, release: call.release };
}

async function stopped(pid: number, seconds: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await sleep(seconds * 1000);
  process.kill(pid, "SIGCONT");
}

/** Seconds from `at` until somebody accepts the task again. */
async function acceptedAgainAfter(task_id: string, at: string | undefined): Promise<number> {
  const accepted = async () => {
    const [row] = await ask<{ s: number | null }>(
      `select extract(epoch from min(created_at) - $2::timestamp)::float8 as s from audit_events
       where task_id = $1 and event_type = 'task.running' and created_at > $2::timestamp`,
      task_id,
      at,
    );
    return row?.s ?? null;
  };
  await until(async () => (await accepted()) !== null, RECOVERY_S + LEASE_S);
  return (await accepted()) ?? Number.POSITIVE_INFINITY;
}

test("a runtime that is killed or stopped for longer than its lease loses its task to another, and one that is stopped for less keeps it", async () => {
  for (let more = 0; more < 3; more += 1) await system.another("agent");
  await until(async () => (await ask("select from agent_bindings group by runtime_id")).length === 4);
  const [killed, more, half] = await Promise.all([
    heldAt("implement", "killed"),
    heldAt("implement", "more"),
    heldAt("acceptance_tests", "half"),
  ]);
  expect(new Set([killed.pid, more.pid, half.pid]).size, "three runtimes hold the three tasks").toBe(3);

  const at = (await ask<{ at: string }>("select localtimestamp as at"))[0]?.at;
  process.kill(killed.pid, "SIGKILL");
  const late = stopped(more.pid, 1.5 * LEASE_S).then(more.release); // its answer comes when the task is another's
  const early = stopped(half.pid, 0.5 * LEASE_S).then(half.release);
  const took = await Promise.all([killed, more].map(({ task_id }) => acceptedAgainAfter(task_id, at)));
  console.log(`accepted by another runtime after ${took.map((s) => s.toFixed(1)).join(" s and ")} s`);
  for (const seconds of took) expect(seconds).toBeLessThan(RECOVERY_S);
  await early;
  await late;
  await until(async () => (await ask("select from orchestra_runs where stop_reason = 'verified'")).length === 3, 60);
  const attempts = await ask<{ task_id: string; attempts: string[] }>(
    "select task_id, array_agg(outcome order by attempt) as attempts from task_attempts group by 1",
  );
  const of = ({ task_id }: { task_id: string }) => attempts.find((row) => row.task_id === task_id)?.attempts;
  expect([of(killed), of(more), of(half)]).toEqual([["expired", "submitted"], ["expired", "submitted"], ["submitted"]]);
  await checkInvariants(system.database);
});
