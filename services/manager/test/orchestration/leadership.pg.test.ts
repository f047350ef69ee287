import { setTimeout as sleep } from "node:timers/promises";
import { createLog } from "@aura/shared/log";
import { withTransaction } from "@aura/shared/postgres/client";
import { callVerb } from "@aura/shared/postgres/verbs";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { leaderContext } from "../../src/db/orchestration-verbs.ts";
import { type LeadershipDeps, standForElection } from "../../src/orchestration/leadership.ts";
import { Waker } from "../../src/orchestration/loop.ts";

const log = createLog("test", "silent");
let db: TestDatabase;
let stops: AbortController[] = [];
let candidates: Promise<void>[] = [];

beforeAll(async () => {
  db = await testDatabase({ led: false });
});
afterAll(() => db.close());
afterEach(async () => {
  for (const stop of stops) stop.abort();
  await Promise.all(candidates);
  [stops, candidates] = [[], []];
  await lapse();
});

async function lapse(): Promise<void> {
  await db.pools.admin.query("update manager_lease set expires_at = clock_timestamp()");
}

interface Candidate {
  readonly stop: AbortController;
  /** Of each term that it led: its number, and how it learnt of the end. */
  readonly terms: { readonly term: string; readonly ended: AbortSignal }[];
  readonly stoodBy: () => boolean;
}

function candidate(holder: string): Candidate {
  const [stop, terms, waker] = [new AbortController(), [] as { term: string; ended: AbortSignal }[], new Waker()];
  let stoodBy = false;
  const onStandby = () => {
    stoodBy = true;
  };
  const deps: LeadershipDeps = { pool: db.pools.manager, holder, leaseSeconds: 2, log, waker, onStandby };
  const lead = async (term: string, ended: AbortSignal) => {
    terms.push({ term, ended });
    await new Promise<void>((resolve) => ended.addEventListener("abort", () => resolve()));
  };
  candidates.push(standForElection(deps, lead, stop.signal));
  stops.push(stop);
  return { stop, terms, stoodBy: () => stoodBy };
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(10);
}

it("leads longer than a lease by renewing it, while the other stands by, and hands over when it stops", async () => {
  const first = candidate("first");
  await until(() => first.terms.length === 1);
  const second = candidate("second");
  await until(second.stoodBy);
  await sleep(3000);
  expect([first.terms.length, second.terms.length]).toEqual([1, 0]);
  first.stop.abort();
  await until(() => second.terms.length === 1);
  expect(Number(second.terms[0]?.term)).toBe(Number(first.terms[0]?.term) + 1);
});

it("ends its term when the database says so, and is elected again", async () => {
  const alone = candidate("alone");
  await until(() => alone.terms.length === 1);
  await lapse();
  await until(() => alone.terms.length === 2);
  expect(alone.terms.map(({ ended }) => ended.aborted)).toEqual([true, false]);
});

it("is elected although a transaction of the lapsed leader holds the lease, which is rolled back", async () => {
  const claim = "select term from claim_leadership($1, 2)";
  const { rows } = await db.pools.manager.query<{ term: string }>(claim, [leaderContext("stopped", "")]);
  const stopped = await db.pools.manager.connect();
  const cutOff = new Promise((resolve) => stopped.on("error", resolve));
  await stopped.query("begin");
  await callVerb(stopped, "set_confidence", leaderContext("stopped", rows[0]?.term ?? ""), [], []);
  const next = candidate("next");
  await until(() => next.terms.length === 1);
  expect(String(await cutOff)).toContain("terminat");
  await expect(stopped.query("commit")).rejects.toThrow();
  stopped.release(true);
});

it("survives that the server ends a session between two statements of a transaction", async () => {
  const work = withTransaction(db.pools.manager, async (tx) => {
    const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
    await db.pools.admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await sleep(100);
    await tx.query("select 1");
  });
  await expect(work).rejects.toThrow();
  expect((await db.pools.manager.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
});
