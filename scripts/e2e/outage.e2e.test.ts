import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandRuns, openCommandRuns } from "./command-runs.ts";
import { untilRun } from "./test-system.ts";

/** A model provider that is gone for good, as far as anybody knows: nothing listens at its address. */

const right = { count: 2, wrong: () => [] };
const done = { status: "completed", stop_reason: "verified" };
let runs: CommandRuns;

beforeAll(async () => {
  runs = await openCommandRuns();
});
afterAll(() => runs.close());

test("a run that meets no provider at its start says so, is not charged, and goes on by itself when there is one", async () => {
  await runs.model.goDown();
  const begun = Date.now();
  const id = await runs.start("early", right);
  const waiting = await untilRun(runs.api, id, ({ waiting_for }) => waiting_for?.reason === "provider_failed", 120);
  expect(waiting).toMatchObject({ status: "planning", waiting_for: { owner: "agent" } });
  expect(waiting.waiting_for?.detail).toMatch(/^REQ: .*cannot be reached \(ECONNREFUSED\)/);
  expect(waiting.waiting_for?.next_step).toMatch(/asked again by itself/);
  expect(Date.parse(waiting.waiting_for?.since ?? "")).toBeGreaterThan(begun);
  await runs.model.comeBack();
  expect(await runs.ended(id, 120)).toMatchObject(done);
  expect((await runs.tasks(id)).map(({ failures }) => failures)).toEqual([0, 0, 0, 0, 0]);
});

test("a provider that dies in the middle of a reply is the Director's in the end, who lets the same run go on", async () => {
  await runs.system.database.pools.admin.query(
    "insert into policies (key, version, value, description) values ('task.provider_retries_max', 2, '0', 'for the test')",
  );
  const call = runs.model.hold("implement", "middle");
  const id = await runs.start("middle", right);
  await call.arrived;
  await runs.model.goDown();
  const asking = await untilRun(runs.api, id, ({ status }) => status === "awaiting_director", 120);
  expect(asking.waiting_for).toMatchObject({ owner: "director", reason: "provider_failed" });
  expect(asking.waiting_for?.detail).toMatch(/^T1: .*cannot be reached \(ECONNREFUSED\)/);
  expect(asking.waiting_for?.next_step).toMatch(/retry_task/);
  const [coding] = (await runs.tasks(id)).filter(({ key }) => key === "T1");
  expect(coding).toMatchObject({ status: "awaiting_director", attempt: 1, failures: 0 });
  expect(coding?.waiting_for).toMatchObject({ owner: "director", reason: "provider_failed" });
  await runs.model.comeBack();
  await runs.act("retry_task", coding?.id ?? "");
  expect(await runs.ended(id, 120)).toMatchObject(done);
  expect((await runs.tasks(id)).find(({ key }) => key === "T1")).toMatchObject({ attempt: 2, failures: 0 });
});
