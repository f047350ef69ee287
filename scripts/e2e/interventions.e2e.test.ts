import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandRuns, openCommandRuns } from "./command-runs.ts";
import { commands, commandsUnder } from "./process-tree.ts";
import { readRun, untilRun } from "./test-system.ts";
import { until } from "./until.ts";

/** What the Director does to a run in the middle of its life, and that it holds. */

const right = { count: 2, wrong: () => [] };
const done = { status: "completed", stop_reason: "verified" };
let runs: CommandRuns;
/** Everything about cancelled runs that must not change any more. */
const cancelled: { name: string; left: Awaited<ReturnType<typeof leftOf>> }[] = [];

beforeAll(async () => {
  runs = await openCommandRuns();
});
afterAll(() => runs.close());

async function leftOf(name: string, run_id: string) {
  const calls = runs.model.calls.filter(({ product }) => product === name).length;
  return { run: await readRun(runs.api, run_id), tasks: await runs.tasks(run_id), calls };
}

const sandboxed = () => commandsUnder(runs.system.pidOf("auditor"));
/** Wherever they hang by now: what outlived the one who started it counts, too. */
const products = (name: string) => commands().filter((command) => new RegExp(`-m cmds ${name}\\d`).test(command));
const statusOf = async (run_id: string, wanted: string) =>
  (await runs.tasks(run_id)).find(({ key }) => key === wanted)?.status;

/** Cancels these runs, and waits until no process of this system works any more. */
async function cancel(ids: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, id] of Object.entries(ids)) {
    await runs.act("cancel", id);
    const { run, tasks } = await leftOf(name, id);
    expect(run).toMatchObject({ status: "cancelled", stop_reason: "cancelled", waiting_for: null });
    expect(run.spend).toMatchObject({ usd_reserved: "0.00", tokens_reserved: 0 });
    expect(tasks.filter(({ status }) => status !== "verified" && status !== "cancelled")).toEqual([]);
  }
  await until(async () => (await runs.system.tasksRunning()) === 0 && sandboxed().length === 0);
  expect(Object.keys(ids).flatMap(products)).toEqual([]);
  for (const [name, id] of Object.entries(ids)) cancelled.push({ name, left: await leftOf(name, id) });
}

test("cancelled while planning and while executing with a model call open, a run hangs up", async () => {
  const coding = runs.model.hold("implement", "executing");
  const executing = await runs.start("executing", right);
  await coding.arrived;
  const analysis = runs.model.hold("requirements", "planning");
  const planning = await runs.start("planning", right);
  await analysis.arrived;
  for (const [status, id] of Object.entries({ planning, executing }))
    expect(await readRun(runs.api, id)).toMatchObject({ status });
  await cancel({ planning, executing });
  await Promise.all([coding.gone, analysis.gone]);
});

test("cancelled while the Auditor runs its tests, a run leaves no process in the sandbox and no verdict", async () => {
  const testing = await runs.start("testing", { ...right, slow_s: 30 });
  await until(async () => (await statusOf(testing, "T1")) === "submitted");
  await until(() => products("testing").length > 0);
  await cancel({ testing });
  const coding = (await runs.tasks(testing)).find(({ key }) => key === "T1");
  const task = await runs.api.call(OPERATIONS.getTask, { params: { task_id: coding?.id ?? "" } });
  expect(task.verifications.filter(({ outcome }) => outcome !== null)).toEqual([]);
});

test("cancelled while the Director is asked for the plan and for the delivery, a run withdraws the question", async () => {
  const supervised = { oversight: "supervised" };
  const delivery = await runs.start("delivery", right, supervised);
  expect(await runs.approveNext(delivery, 60)).toBe("plan");
  const plan = await runs.start("plan", right, supervised);
  const asked: string[] = [];
  for (const [kind, id] of Object.entries({ plan, delivery })) {
    const { waiting_for } = await untilRun(runs.api, id, (run) => run.waiting_for?.reason === `${kind}_approval`, 60);
    asked.push(...(waiting_for?.approval_ids ?? []));
  }
  await cancel({ plan, delivery });
  const approvals = await Promise.all(
    asked.map((approval_id) => runs.api.call(OPERATIONS.getApproval, { params: { approval_id } })),
  );
  expect(approvals.map(({ kind, status }) => `${kind} ${status}`)).toEqual(["plan voided", "delivery voided"]);
});

test("a paused run hands nothing out, what was under way finishes, and resume goes on to the end", async () => {
  const call = runs.model.hold("plan", "paused");
  const id = await runs.start("paused", right);
  await call.arrived;
  await runs.act("pause", id);
  call.release();
  await until(async () => (await statusOf(id, "PLAN")) === "verified");
  const passing = await runs.start("passing", right); // gives routing every occasion
  expect(await runs.ended(passing, 60)).toMatchObject(done);
  const { run, tasks, calls } = await leftOf("paused", id);
  expect(run.paused_at).not.toBeNull();
  expect(run.waiting_for).toMatchObject({ reason: "paused", owner: "director" });
  expect(tasks.filter(({ attempt }) => attempt > 0).map(({ key }) => key)).toEqual(["REQ", "PLAN"]);
  expect(tasks.find(({ key }) => key === "SUITE")).toMatchObject({
    status: "ready",
    waiting_for: { reason: "paused" },
  });
  expect(calls).toBe(2);
  await runs.act("resume", id);
  expect(await runs.ended(id, 60)).toMatchObject(done);
});

test("a locked run asks for its plan, for every landing and for the delivery, and does nothing of it before", async () => {
  const second = runs.model.hold("implement", "locked", "Task T2");
  const id = await runs.start("locked", { ...right, twoTools: true }, { oversight: "locked" });
  const asked: [string, number | null, number | null][] = [];
  const approve = async () => {
    const { head_revision, delivered_revision } = await untilRun(runs.api, id, asksDirector, 60);
    asked.push([await runs.approveNext(id, 60), head_revision, delivered_revision]);
  };
  await approve();
  await approve();
  await untilRun(runs.api, id, ({ head_revision }) => head_revision === 1, 60);
  second.release();
  await approve();
  await approve();
  expect(asked).toEqual([
    ["plan", null, null],
    ["landing", null, null],
    ["landing", 1, null],
    ["delivery", 2, null],
  ]);
  expect(await runs.ended(id, 60)).toMatchObject({ ...done, delivered_revision: 2 });
});

const asksDirector = (run: { waiting_for: { approval_ids: string[] } | null }) =>
  (run.waiting_for?.approval_ids.length ?? 0) > 0;

test("what fails only in the assembled product is repaired by a task of its own", async () => {
  const second = runs.model.hold("implement", "clash", "Task T2");
  const id = await runs.start("clash", { ...right, twoTools: true, clash: true });
  await until(async () => (await statusOf(id, "T1")) === "verified");
  second.release();
  expect(await runs.ended(id, 90)).toMatchObject({ ...done, requirements: { total: 2, pass: 2 } });
  const tasks = await runs.tasks(id);
  const [repaired, repair] = ["T1", "T1-R1"].map((wanted) => tasks.find(({ key }) => key === wanted));
  expect(repaired).toMatchObject({ status: "verified", failures: 0 });
  expect(repair).toMatchObject({ kind: "implement", status: "verified", repairs_task_id: repaired?.id, failures: 0 });
});

test("what was cancelled is as it was then: nothing was asked, charged or moved since", async () => {
  expect(cancelled).toHaveLength(5);
  for (const { name, left } of cancelled) expect(await leftOf(name, left.run.id), name).toEqual(left);
});
