import { readTree } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import type { TaskContext } from "@aura/shared/schemas/task-context";
import { createTestRun, createTestRuntime, directorAction, MANAGER } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { approveAll, landedTasks, pendingApprovals, runOf, taskIdOf, taskOf, taskStatuses } from "./run-facts.ts";
import { delta, type Ending, reportOf, ScriptedWorld, submit } from "./scripted-run.ts";

let db: TestDatabase;
let world: ScriptedWorld;

beforeAll(async () => {
  db = await testDatabase();
  world = new ScriptedWorld(db, await createTestRuntime(db));
});
beforeEach(() => world.given.clear());
afterAll(() => db.close());

const HELD: Ending = { kind: "held_up", code: "stuck", detail: "not yet" };

/** T1 waits for the Director, T2 submits what is wrong until the Director is asked, too: nothing has landed yet. */
async function stuckRun(files: Record<string, string>, oversight: "autonomous" | "locked" = "autonomous") {
  let held = true;
  world.play((context) => {
    if (context.task_key === "T1" && held) return HELD;
    return context.task_key === "T2" ? submit(delta(context, files)) : null;
  });
  const { run_id } = await createTestRun(db, { oversight });
  await world.settle();
  if (oversight === "locked") {
    await approveAll(db, run_id);
    await world.settle();
  }
  expect(await taskStatuses(db, run_id)).toMatchObject({ T1: "awaiting_director", T2: "awaiting_director" });
  held = false;
  return run_id;
}

async function landT1(runId: string): Promise<void> {
  await directorAction(db, "retry_task", await taskIdOf(db, runId, "T1"));
  await world.settle();
}

async function override(runId: string, key: string): Promise<void> {
  await directorAction(db, "override_verdict", await taskIdOf(db, runId, key), { verdict: "pass" });
  await world.settle();
}

/** The files of the revision that a task landed. */
async function landedFiles(runId: string, key: string): Promise<Record<string, string>> {
  const { rows } = await db.pools.manager.query<{ tree: string }>(
    `select encode(v.tree_sha256, 'hex') as tree from revisions v join task_queue t on t.id = v.task_id
      where v.run_id = $1 and t.key = $2`,
    [runId, key],
  );
  const tree = await readTree(db.pools.manager, rows[0]?.tree ?? "");
  return Object.fromEntries([...tree].map(([path, body]) => [path, body.toString("utf8")]));
}

async function finish(runId: string): Promise<string | null | undefined> {
  const { head_revision_id } = await runOf(db, runId);
  await callVerb(db.pools.manager, "move_runs", MANAGER, [runId], ["delivering"], [null], [null]); // whatever its steps think
  const end = [[runId], ["completed"], ["verified"], [head_revision_id]];
  return (await callVerb(db.pools.manager, "finish_runs", MANAGER, ...end))[0]?.code;
}

describe("an override of a change that was judged on a head of before", () => {
  it("is carried over to the head, judged there, and lands exactly as it was judged", async () => {
    const run_id = await stuckRun({ "t2/words.txt": "nothing" });
    await landT1(run_id);
    await override(run_id, "T2");
    expect((await landedTasks(db, run_id)).slice(0, 2)).toEqual(["T1", "T2"]);
    expect(await landedFiles(run_id, "T2")).toEqual({ "t1/words.txt": "word-of-R1", "t2/words.txt": "nothing" });
    const { rows } = await db.pools.manager.query(
      `select v.outcome, v.tree_sha256 = s.tree_sha256 as same, q.base_revision_id = s.parent_id as on_head
         from revisions s join verifications v on v.id = s.verification_id join verification_requests q on q.id = v.request_id
         join task_queue t on t.id = s.task_id where s.run_id = $1 and t.key = 'T2'`,
      [run_id],
    );
    expect(rows).toEqual([{ outcome: "rejected", same: true, on_head: true }]);
    await directorAction(db, "cancel", run_id);
  });

  it("is done again by a task in its place where a path changed since, which is named; the run does not end before", async () => {
    const run_id = await stuckRun({ "t1/words.txt": "nothing" });
    await landT1(run_id);
    world.play((context) => (context.task_key === "T2-AGAIN" ? HELD : null));
    await override(run_id, "T2");
    const [given] = world.given.get("T2-AGAIN") ?? [];
    expect(given).toMatchObject({
      kind: "implement",
      closes: ["R2"],
      file_scope: ["t2/**"],
    } satisfies Partial<TaskContext>);
    expect(given).toHaveProperty(
      "last_failure.note",
      "It could not land: t1/words.txt changed since. Do the change again on the files as they are now.",
    );
    expect(await taskOf(db, run_id, "T2")).toMatchObject({ status: "verified", overridden: true });
    expect(await landedTasks(db, run_id)).toEqual(["T1"]);
    expect(await finish(run_id)).toBe("tasks_open");
    world.play(() => null);
    await directorAction(db, "retry_task", await taskIdOf(db, run_id, "T2-AGAIN"));
    await world.settle();
    expect(await landedTasks(db, run_id)).toEqual(["T1", "T2-AGAIN"]);
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });

  it("waits, and says so, while the Auditor cannot judge it, and is judged again", async () => {
    const run_id = await stuckRun({ "t2/words.txt": "nothing" });
    await landT1(run_id);
    world.play(
      () => null,
      (request) => (request.key === "T2" ? reportOf("environment") : null),
    );
    await override(run_id, "T2");
    expect(await landedTasks(db, run_id)).toEqual(["T1"]);
    expect(await runOf(db, run_id)).toMatchObject({
      waiting_code: "environment",
      waiting_detail: "T2: the overridden change could not be judged on the head; it is tried again every 5 minutes",
    });
    expect(await taskOf(db, run_id, "REVIEW")).toMatchObject({ status: "blocked" });
    world.play(() => null);
    await db.pools.admin.query(
      `begin; set local session_replication_role = replica;
       update verifications set created_at = created_at - interval '1 hour' where outcome = 'environment'; commit`,
    );
    await world.settle();
    expect((await landedTasks(db, run_id)).slice(0, 2)).toEqual(["T1", "T2"]);
    await directorAction(db, "cancel", run_id);
  });
});

describe("an override of a change that nobody had judged yet", () => {
  it("is judged and lands all the same", async () => {
    world.play(() => null);
    const { run_id } = await createTestRun(db);
    await world.settle(async () => (await taskStatuses(db, run_id)).T2 === "submitted");
    const task = await taskIdOf(db, run_id, "T2");
    expect(await directorAction(db, "override_verdict", task, { verdict: "pass" })).toMatchObject({ outcome: "done" });
    await world.settle();
    expect([...(await landedTasks(db, run_id))].sort()).toEqual(["T1", "T2"]);
    expect(await runOf(db, run_id)).toMatchObject({ status: "completed", stop_reason: "verified" });
  });
});

describe("an override in a locked run", () => {
  it("waits for the Director before it lands, and is done again where the Director refuses that", async () => {
    const run_id = await stuckRun({ "t2/words.txt": "nothing" }, "locked");
    await override(run_id, "T2");
    const [gate] = await pendingApprovals(db, run_id);
    expect(gate?.kind).toBe("landing");
    expect(await runOf(db, run_id)).toMatchObject({ status: "awaiting_director" });
    world.play(() => HELD);
    await directorAction(db, "reject", String(gate?.id), { digest: gate?.digest });
    await world.settle();
    expect(world.given.get("T2-AGAIN")?.[0]).toHaveProperty(
      "last_failure.note",
      "The Director did not let it land: because the test says so",
    );
    expect(await landedTasks(db, run_id)).toEqual([]);
    await directorAction(db, "cancel", run_id);
  });
});
