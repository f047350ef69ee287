import { setTimeout as sleep } from "node:timers/promises";
import { type Queryable, sqlState } from "@aura/shared/postgres/client";
import { callVerb, callVerbRows, type LeaderContext } from "@aura/shared/postgres/verbs";
import { addTestTask, createTestRun, directorAction, taskStatus, testContext } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

/** Of several Managers one leads, by its term alone: every verb of the loop asks for it, in the transaction that it changes. */

const LEASE_S = 60;
const STALE = "AU006";
const REFUSED = { code: "stale_term" };
let db: TestDatabase;
let leader: LeaderContext;

beforeAll(async () => {
  db = await testDatabase({ led: false });
});
afterAll(() => db.close());
beforeEach(async () => {
  await lapse();
  leader = await elect("first");
});

function claim(actorId: string, on: Queryable = db.pools.manager) {
  const ctx = testContext("manager", actorId);
  return callVerbRows<{ elected: boolean; term: string; holder: string }>(on, "claim_leadership", ctx, LEASE_S);
}

async function elect(actorId: string): Promise<LeaderContext> {
  const [vote] = await claim(actorId);
  expect(vote).toMatchObject({ elected: true, holder: actorId });
  return { ...testContext("manager", actorId), term: vote?.term ?? "" };
}

/** As if the lease had run out a moment ago: the database's clock is the only one that counts. */
async function lapse(): Promise<void> {
  await db.pools.admin.query("update manager_lease set expires_at = clock_timestamp()");
}

const release = (ctx: LeaderContext, on: Queryable = db.pools.manager) => callVerb(on, "release_leadership", ctx);
const renew = (ctx: LeaderContext) => callVerb(db.pools.manager, "renew_leadership", ctx);
/** A verb of the loop that has nothing to do: it is let in, or it is not. */
const work = (ctx: object, on: Queryable = db.pools.manager) => callVerb(on, "cancel_tasks", ctx as never, [], []);

async function terms() {
  const { rows } = await db.pools.admin.query(
    "select term, holder, ending, ended_at >= elected_at as in_order from manager_terms order by term",
  );
  return rows;
}

test("while somebody leads nobody else is elected, the leader itself neither", async () => {
  expect(await claim("second")).toEqual([{ elected: false, term: leader.term, holder: "first" }]);
  expect(await claim("first")).toEqual([{ elected: false, term: leader.term, holder: "first" }]);
  expect(await work(leader)).toEqual([]);
});

test("every verb of aura_manager but those of the one list wants the term in force, with everything else right", async () => {
  const { rows: verbs } = await db.pools.admin.query<{ name: string; call: string; free: boolean }>(
    `select p.proname as name, p.proname = any (_verbs_of_any_manager()) as free,
            'select from ' || quote_ident(p.proname) || '($1' || coalesce((
              select string_agg(', null::' || t::regtype::text, '' order by n)
              from unnest(p.proargtypes) with ordinality a (t, n) where n > 1), '') || ')' as call
     from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
       and has_function_privilege('aura_manager', p.oid, 'execute') order by 1`,
  );
  const fenced = verbs.filter(({ free }) => !free);
  expect(fenced.length).toBeGreaterThan(30);
  const { rows: list } = await db.pools.admin.query("select unnest(_verbs_of_any_manager()) as name order by 1");
  expect(verbs.filter(({ free }) => free).map(({ name }) => name)).toEqual(list.map(({ name }) => name));
  const stateOf = (call: string, ctx: object) =>
    db.pools.manager.query(call, [JSON.stringify(ctx)]).then(() => "none", sqlState);
  const stale = [
    { ...leader, term: undefined },
    { ...leader, term: String(Number(leader.term) - 1) },
    { ...leader, term: String(Number(leader.term) + 1) },
    { ...leader, term: "not a term" },
    { ...leader, actor_id: "second" },
  ];
  for (const { name, call } of fenced) {
    for (const ctx of stale) expect([name, await stateOf(call, ctx)]).toEqual([name, STALE]);
    if (name !== "release_leadership") expect([name, await stateOf(call, leader)]).not.toEqual([name, STALE]);
  }
  await lapse();
  for (const { name, call } of fenced) expect([name, await stateOf(call, leader)]).toEqual([name, STALE]);
});

test("what a lapsed leader sends changes nothing, and the next one does it", async () => {
  const run = await createRunUnder(leader);
  await lapse();
  const next = await elect("second");
  const cancel = (ctx: LeaderContext) =>
    callVerb(db.pools.manager, "cancel_tasks", ctx, [run.first_task_id], ["for the test"]);
  await expect(cancel(leader)).rejects.toMatchObject(REFUSED);
  await expect(renew(leader)).rejects.toMatchObject(REFUSED);
  await expect(release(leader)).rejects.toMatchObject(REFUSED);
  expect(await taskStatus(db, run.first_task_id)).toBe("ready");
  expect(await cancel(next)).toMatchObject([{ outcome: "done" }]);
});

test("a request of a person needs no term: any Manager carries it, also while none leads", async () => {
  const run = await createRunUnder(leader);
  await lapse();
  expect(await directorAction(db, "pause", run.run_id)).toMatchObject({ outcome: "done" });
  await createTestRun(db);
  await expect(addTestTask(db, run)).rejects.toMatchObject(REFUSED);
});

test("a lease that ran out is not renewed, its holder has to be elected again", async () => {
  await renew(leader);
  await lapse();
  await expect(renew(leader)).rejects.toMatchObject(REFUSED);
  const again = await elect("first");
  expect(Number(again.term)).toBe(Number(leader.term) + 1);
  await expect(work(leader)).rejects.toMatchObject(REFUSED);
});

test("who steps down ends its term, and the next one need not wait", async () => {
  await release(leader);
  await expect(work(leader)).rejects.toMatchObject(REFUSED);
  const next = await elect("second");
  expect((await terms()).slice(-2)).toEqual([
    { term: leader.term, holder: "first", ending: "released", in_order: true },
    { term: next.term, holder: "second", ending: null, in_order: null },
  ]);
});

test("of many who stand at once one is elected", async () => {
  await lapse();
  const votes = (await Promise.all(Array.from({ length: 6 }, (_, n) => claim(`candidate-${n}`)))).flat();
  expect(votes.filter(({ elected }) => elected)).toHaveLength(1);
  expect(new Set(votes.map(({ term, holder }) => `${term} ${holder}`)).size).toBe(1);
});

test("an election waits for a verb that is under way, and no new one is let in meanwhile", async () => {
  const run = await createRunUnder(leader);
  const busy = await db.pools.manager.connect();
  await busy.query("begin");
  await callVerb(busy, "cancel_tasks", leader, [run.first_task_id], ["for the test"]);
  await lapse();
  const election = claim("second");
  await untilWaiting();
  await expect(work(leader)).rejects.toMatchObject(REFUSED); // nothing new begins under a term that ran out
  await busy.query("commit");
  busy.release();
  expect(await election).toMatchObject([{ elected: true }]);
  const { rows } = await db.pools.admin.query(
    "select (select max(e.created_at) at time zone 'UTC' from audit_events e where e.actor_id = 'first' and e.event_type = 'task.cancelled') < max(elected_at) as before from manager_terms",
  );
  expect(rows).toEqual([{ before: true }]);
});

test("who holds the lease within a transaction for too long keeps an election waiting a moment only", async () => {
  const stopped = await db.pools.manager.connect();
  await stopped.query("begin");
  await work(leader, stopped);
  await lapse();
  await expect(claim("second")).rejects.toMatchObject({ code: "55P03" });
  await stopped.query("rollback");
  stopped.release();
  await elect("second");
});

test("the record of terms has no gap, no double and one open term, whoever writes it, and never changes", async () => {
  const admin = (sql: string) => db.pools.admin.query(sql).then(() => "none", sqlState);
  const next = Number(leader.term) + 1;
  expect(await admin(`insert into manager_terms (term, holder) values (${next}, 'x')`)).toBe("23505"); // one is open
  await release(leader);
  expect(await admin(`insert into manager_terms (term, holder) values (${next + 1}, 'x')`)).toBe("23503"); // a gap
  expect(await admin(`insert into manager_terms (term, holder) values (${leader.term}, 'x')`)).toBe("23505");
  expect(await admin("update manager_terms set holder = 'x'")).toBe("AU003");
  expect(await admin("update manager_terms set ended_at = null, ending = null")).toBe("AU003");
  expect(await admin("delete from manager_terms")).toBe("AU003");
  expect(await admin("insert into manager_lease default values")).toBe("23505");
  const numbers = (await terms()).map(({ term }) => Number(term));
  expect(numbers).toEqual(numbers.map((_, n) => n + 1));
});

test("an election and its end are events of the Manager, a renewal is none", async () => {
  await renew(leader);
  await release(leader);
  const { rows } = await db.pools.auditor.query(
    "select event_type, actor_kind, actor_id, severity from audit_events where subject_type = 'manager_term' and subject_id = $1 order by id",
    [leader.term],
  );
  const by = { actor_kind: "manager", actor_id: "first", severity: "info" };
  expect(rows).toEqual([
    { event_type: "manager_term.created", ...by },
    { event_type: "manager_term.released", ...by },
  ]);
});

test("a lease has 2 to 600 seconds, and a candidate a name", async () => {
  const claimFor = (seconds: number | null) =>
    callVerb(db.pools.manager, "claim_leadership", testContext("manager", "first"), seconds);
  for (const seconds of [null, 0, 1, 601]) {
    await expect(claimFor(seconds)).rejects.toMatchObject({ code: "validation_failed" });
  }
  await expect(claim("")).rejects.toMatchObject({ code: "validation_failed" });
});

/** A run that the factories made; a person asked for it. */
async function createRunUnder(ctx: LeaderContext) {
  expect(await work(ctx)).toEqual([]);
  return createTestRun(db);
}

async function untilWaiting(): Promise<void> {
  for (;;) {
    const { rows } = await db.pools.admin.query(
      "select from pg_stat_activity where datname = current_database() and usename = 'aura_manager' and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
    await sleep(10);
  }
}
