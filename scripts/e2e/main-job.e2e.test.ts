import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CommandRuns, openCommandRuns } from "./command-runs.ts";
import { checkExport, checkPack } from "./evidence.ts";
import { readRun, untilRun } from "./test-system.ts";

const right = { count: 3, wrong: () => [] };
let runs: CommandRuns;

beforeAll(async () => {
  runs = await openCommandRuns();
});
afterAll(() => runs.close());

async function download(run_id: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "aura-delivered-"));
  const response = await runs.api.fetch(OPERATIONS.downloadSoftware, { params: { run_id }, query: {} } as never);
  writeFileSync(join(folder, "software.tar.gz"), Buffer.from(await response.arrayBuffer()));
  execFileSync("tar", ["xzf", "software.tar.gz"], { cwd: folder });
  return folder;
}

function runDelivered(folder: string, command: string): string {
  const [root] = execFileSync("find", [folder, "-name", "cmds", "-type", "d"], { encoding: "utf8" }).trim().split("\n");
  return execFileSync("/usr/bin/python3", ["-m", "cmds", command], { cwd: join(root ?? "", ".."), encoding: "utf8" });
}

/** Runs of one system do not get in each other's way, so these go two at a time. */

test.concurrent("a PRD becomes software that works, with every requirement proved", async () => {
  const id = await runs.start("happy", { ...right, wrong: (attempt) => (attempt === 1 ? [2] : []) });
  const run = await runs.ended(id, 150);
  expect(run).toMatchObject({
    status: "completed",
    stop_reason: "verified",
    requirements: { total: 3, pass: 3, fail: 0 },
  });
  const folder = await download(id);
  expect(runDelivered(folder, "happy2")).toBe("2\n");
  rmSync(folder, { recursive: true });
  const coding = (await runs.tasks(id)).find(({ key }) => key === "T1");
  expect(coding).toMatchObject({ attempt: 2, failures: 1 });
  const pack = await checkPack(runs.api, id);
  expect(pack, pack.said).toMatchObject({ status: 0, said: expect.stringContaining('"attested":') });
  expect(await checkExport(runs.api)).toMatchObject({ outcome: "sound" });
});

test.concurrent("a wrong acceptance test is disputed, replaced by somebody who never saw the code, and named in the report", async () => {
  const id = await runs.start("dispute", { count: 2, wrong: () => [], wrongTests: [2] });
  expect(await runs.ended(id, 180)).toMatchObject({ status: "completed", stop_reason: "verified" });
  const report = await runs.api.call(OPERATIONS.getReport, { params: { run_id: id } } as never);
  expect(JSON.stringify(report)).toContain("R2-prints");
});

test.concurrent("28 of 30 are handed over when the Director says so, the two failures named", async () => {
  const id = await runs.start("partial", { count: 30, wrong: () => [7, 19] });
  const stuck = await untilRun(runs.api, id, (run) => run.status === "awaiting_director", 180);
  expect(stuck.waiting_for).toMatchObject({ owner: "director" });
  await runs.act("deliver_partial", id);
  const run = await runs.ended(id, 180);
  expect(run).toMatchObject({ status: "completed", stop_reason: "partial" });
  const folder = await download(id);
  expect(runDelivered(folder, "partial30")).toBe("30\n");
  const report = execFileSync("sh", ["-c", `cat $(find ${folder} -name REPORT.md)`], { encoding: "utf8" });
  expect(report).toMatch(/R7\b[\s\S]*fail/);
  expect(run.requirements).toMatchObject({ total: 30, pass: 28, fail: 2 });
  rmSync(folder, { recursive: true });
});

test.concurrent("a second run on a delivered one changes one requirement and keeps the tests of the others", async () => {
  const first = await runs.start("change", right);
  await runs.ended(first, 150);
  const before = runs.model.calls.length;
  const second = await runs.start("change", { ...right, prefixes: { 3: "number " } }, { base_run_id: first });
  const run = await runs.ended(second, 150);
  expect(run).toMatchObject({ status: "completed", stop_reason: "verified" });
  const suite = (await runs.api.call(OPERATIONS.getSuite, {
    params: { run_id: second },
    query: {},
  } as never)) as unknown as { tests: { id: string }[] };
  expect(suite.tests.map(({ id }) => id).sort()).toEqual(["R1-prints", "R2-prints", "R3-prints"]);
  expect(runs.model.calls.length).toBeGreaterThan(before);
  const folder = await download(second);
  expect(runDelivered(folder, "change3")).toBe("number 3\n");
  rmSync(folder, { recursive: true });
});

test.concurrent("two runs side by side do not get in each other's way, and a third one is cancelled meanwhile", async () => {
  const [a, b, c] = await Promise.all([
    runs.start("left", right),
    runs.start("right", right),
    runs.start("gone", right),
  ]);
  await runs.act("cancel", c);
  const ended = await Promise.all([a, b, c].map((id) => runs.ended(id, 180)));
  expect(ended.map(({ status }) => status)).toEqual(["completed", "completed", "cancelled"]);
});

test.concurrent("a supervised run waits for its plan and its delivery, and a budget that is used up asks", async () => {
  const id = await runs.start("watched", right, { oversight: "supervised", budget: { usd: "0.001", tokens: 2000000 } });
  const broke = await untilRun(runs.api, id, (run) => run.status === "awaiting_director", 180);
  expect(broke.waiting_for?.reason).toMatch(/budget/i);
  await runs.act("set_budget", id, { usd: "5.00", tokens: 2000000 });
  expect(await runs.approveNext(id, 150)).toBe("plan");
  expect(await runs.approveNext(id, 150)).toBe("delivery");
  expect(await runs.ended(id, 180)).toMatchObject({ status: "completed", stop_reason: "verified" });
});

/** What the model does here meets whoever asks next, so nobody else may. */

test("a provider that fails for a while costs time and nothing else", async () => {
  runs.model.troubles.push({ status: 500 }, { status: 429, retry_after_s: 1 }, "hang_up", "nonsense");
  const id = await runs.start("trouble", right);
  expect(await runs.ended(id, 120)).toMatchObject({ status: "completed", stop_reason: "verified" });
});

test("a model that answers nonsense for ever costs three attempts, and then a person is asked", async () => {
  runs.model.troubles.push(...Array.from({ length: 100 }, () => "nonsense" as const));
  const id = await runs.start("babble", right);
  const run = await untilRun(runs.api, id, ({ status }) => status === "awaiting_director", 120);
  runs.model.troubles.length = 0;
  expect(run.waiting_for).toMatchObject({ owner: "director", reason: "failures_used_up" });
  const data = await runs.tasks(id);
  expect(data).toMatchObject([{ key: "REQ", status: "awaiting_director", attempt: 3, failures: 3 }]);
  await runs.act("retry_task", data[0]?.id ?? "");
  expect(await runs.ended(id, 90)).toMatchObject({ status: "completed", stop_reason: "verified" });
});

test("nobody who codes has written tests in the same run, in any run", async () => {
  const { rows } = await runs.system.database.pools.admin.query(
    `select a.agent_id, t.run_id from task_attempts a join task_queue t on t.id = a.task_id
     group by 1, 2 having bool_or(t.kind = 'implement') and bool_or(t.kind = 'acceptance_tests')`,
  );
  expect(rows).toEqual([]);
  expect((await readRun(runs.api, await runs.start("last", right))).status).toBe("planning");
});
