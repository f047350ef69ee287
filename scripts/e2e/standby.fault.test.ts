import { setTimeout as sleep } from "node:timers/promises";
import { createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { Readiness } from "@aura/shared/schemas/api/system";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { type CutLine, openCutLine } from "./cut-line.ts";
import { checkInvariants } from "./invariants.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestService, type TestSystem } from "./test-system.ts";
import { until } from "./until.ts";

/**
 * Three Managers on one database, one of them behind a line that can be cut. In every test a run is in the middle of its
 * work when the leader meets its fault, and needs a Manager right after it.
 */

const LEASE_S = 2;
/** The requirement; with this lease it is far away. */
const RECOVERY_S = 35;
let model: ScriptedModel;
let system: TestSystem;
let line: CutLine;
let managers: readonly TestService[];
let distant: TestService;
const runs: string[] = [];
const products = new Map<string, CommandProduct>();

beforeAll(async () => {
  model = await startScriptedModel((prompt) => {
    const product = products.get(/\bcmds ([a-z]+)\d/.exec(prompt)?.[1] ?? "");
    if (product === undefined) throw new Error("the prompt names no command of a known product");
    return scripted(product);
  });
  system = await startTestSystem(model, { isPatient: true, environment: { AURA_MANAGER_LEASE_S: String(LEASE_S) } });
  line = await openCutLine(system.database.urls.manager);
  const first = { url: system.manager_url, pid: () => system.pidOf("manager") };
  const second = await system.another("manager");
  distant = await system.another("manager", { AURA_MANAGER_DATABASE_URL: line.urlOf(system.database.urls.manager) });
  managers = [first, second, distant];
});
afterAll(async () => {
  await system.close();
  await line.close();
  await model.close();
});

async function ask<T extends object>(sql: string, ...values: readonly unknown[]): Promise<T[]> {
  return (await system.database.pools.admin.query(sql, [...values])).rows as T[];
}

async function readiness({ url }: TestService) {
  const reply = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(1000) }).catch(() => null);
  const body = Readiness.safeParse(await reply?.json().catch(() => null));
  return body.success ? body.data.leadership : null;
}

/** Of those that answer. */
async function leaderNow(): Promise<TestService> {
  for (;;) {
    for (const manager of managers) if ((await readiness(manager))?.role === "leader") return manager;
    await sleep(50);
  }
}

interface UnderWay {
  readonly run_id: string;
  /** Lets its coder finish. */
  readonly release: () => void;
}

/** A run whose coder is at work. A standby took the order. */
async function beginRun(): Promise<UnderWay> {
  const name = `run${"abcdefghijkl"[products.size]}`;
  products.set(name, { name, count: 1, wrong: () => [] });
  const coding = model.hold("implement", name);
  const body = { project: name, prd: { body: prdOf({ name, count: 1, wrong: () => [] }) }, oversight: "autonomous" };
  const api = createApiClient((await standbyNow()).url, system.database.directorKey);
  const { id } = await api.call(OPERATIONS.startRun, { body: body as never });
  runs.push(id);
  await coding.arrived;
  return { run_id: id, release: coding.release };
}

async function standbyNow(): Promise<TestService> {
  for (;;) {
    for (const manager of managers)
      if (manager !== distant && (await readiness(manager))?.role === "standby") return manager;
    await sleep(50);
  }
}

/** The next test's run begins while this one's fault still lasts. */
let next: Promise<UnderWay> | null = null;

/** @returns seconds from the fault to the first thing that a Manager did for the run after it */
async function recoveryFrom(what: string, fault: (leader: TestService) => Promise<unknown>): Promise<number> {
  const { run_id, release } = await (next ?? beginRun());
  const leader = await leaderNow();
  const at = (await ask<{ at: string }>("select localtimestamp as at"))[0]?.at;
  const going = fault(leader);
  release(); // the agent submits, and a Manager has to ask for a verification
  const sinceFault = async () => {
    const [row] = await ask<{ s: number | null }>(
      `select extract(epoch from min(created_at) - $2::timestamp)::float8 as s from audit_events
       where run_id = $1 and actor_kind = 'manager' and created_at > $2::timestamp`,
      run_id,
      at,
    );
    return row?.s ?? null;
  };
  await until(async () => (await sinceFault()) !== null, RECOVERY_S);
  next = beginRun();
  next.catch(() => undefined); // the next test hears of it
  await going;
  const took = (await sinceFault()) ?? Number.POSITIVE_INFINITY;
  console.log(`${what}: the run went on after ${took.toFixed(1)} s`);
  return took;
}

async function stopped(pid: number, seconds: number): Promise<void> {
  process.kill(pid, "SIGSTOP");
  await sleep(seconds * 1000);
  process.kill(pid, "SIGCONT");
}

test("a leader that is killed is replaced, and the run goes on", async () => {
  const took = await recoveryFrom("killed", async (leader) => process.kill(leader.pid(), "SIGKILL"));
  expect(took).toBeLessThan(RECOVERY_S);
});

test.each([
  ["half", 0.5],
  ["whole", 1],
  ["more", 1.5],
  ["triple", 3],
])("a leader that is stopped for its lease, %s, does no harm when it goes on", async (name, leases) => {
  const took = await recoveryFrom(name, (leader) => stopped(leader.pid(), leases * LEASE_S));
  expect(took).toBeLessThan(RECOVERY_S);
});

test("a leader that gets a tenth of its time does no harm", async () => {
  const starve = async (leader: TestService) => {
    for (let turn = 0; turn < 2 * LEASE_S; turn += 1) {
      await stopped(leader.pid(), 0.9);
      await sleep(100);
    }
  };
  expect(await recoveryFrom("starved", starve)).toBeLessThan(RECOVERY_S);
});

test("a leader that steps down hands over at once", async () => {
  const [before] = await ask<{ term: string }>("select term from manager_lease");
  const took = await recoveryFrom("stepping", async (leader) => process.kill(leader.pid(), "SIGTERM"));
  expect(took).toBeLessThan(RECOVERY_S);
  const [term] = await ask("select ending from manager_terms where term = $1", before?.term);
  expect(term).toEqual({ ending: "released" });
});

test("a leader that is cut off from the database is replaced, and stands by when it is reached again", async () => {
  while ((await leaderNow()) !== distant) process.kill((await leaderNow()).pid(), "SIGTERM");
  const cutOff = async () => {
    const lost = (await readiness(distant))?.term ?? 0;
    line.cut();
    await until(async () => Number((await ask<{ term: string }>("select term from manager_lease"))[0]?.term) > lost);
    line.mend();
  };
  expect(await recoveryFrom("cut", cutOff)).toBeLessThan(RECOVERY_S);
  await until(async () => (await readiness(distant))?.role === "standby");
});

test("every run ended verified, one Manager led each term, and nobody acted outside of its own", async () => {
  (await next)?.release();
  const open = "select from orchestra_runs where id = any ($1) and stop_reason is distinct from 'verified'";
  await until(async () => (await ask(open, runs)).length === 0, 120);
  expect(await ask("select count(*)::int as n, max(term)::int as last from manager_terms")).toEqual([
    { n: expect.any(Number), last: (await ask("select from manager_terms")).length },
  ]);
  const outside = await ask(
    `select e.event_type, e.actor_id, e.created_at from audit_events e
     where e.actor_kind = 'manager' and e.subject_type <> 'manager_term'
       and not exists (select from manager_terms t where t.holder = e.actor_id and e.created_at at time zone 'UTC' between t.elected_at and coalesce(t.ended_at, 'infinity'))`,
  );
  expect(outside, "a Manager acted outside of its term").toEqual([]);
  await checkInvariants(system.database);
});
