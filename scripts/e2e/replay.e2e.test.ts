import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecordedLine } from "../recording/playback-server.ts";
import { readExample } from "../system/shipped-example.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

/** The shipped recording, and beside it one whose last implementation reply is broken. */
const example = readExample();
const NOBODY = { base_url: "http://127.0.0.1:9/v1" };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-recordings-"));
  cpSync("docs/examples", folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function play(recordings: string, check: (system: TestSystem, run_id: string) => Promise<void>): Promise<void> {
  const environment = { AURA_MODEL_PROVIDER: "replay", AURA_RECORDINGS: recordings, OPENAI_API_KEY: "" };
  const system = await startTestSystem(NOBODY, { environment });
  try {
    const request = { project: example.name, prd: example.prd, oversight: "autonomous" as const };
    const run = await system.api.call(OPERATIONS.startRun, { body: request });
    await check(system, run.id);
  } finally {
    await system.close();
  }
}

/** Every file that the task's last conversation writes raises when it is read. */
function breakLastImplementation(path: string): void {
  const recording = JSON.parse(readFileSync(path, "utf8")) as { calls: unknown[] };
  const calls = recording.calls.map((call) => RecordedLine.parse(call));
  const last = calls.findLastIndex(({ kind, turn }) => kind === "implement" && turn === 1);
  for (const call of calls.slice(last).filter(({ kind }) => kind === "implement"))
    for (const tool of call.reply.tool_calls)
      if (["write_file", "edit_file"].includes(tool.name)) tool.arguments = broken(tool.arguments);
  writeFileSync(path, JSON.stringify({ ...recording, calls }));
}

function broken(json: string): string {
  const args = JSON.parse(json) as { content?: string; new?: string };
  for (const key of ["content", "new"] as const)
    if (args[key] !== undefined) args[key] = `raise SystemExit(3)\n${args[key]}`;
  return JSON.stringify(args);
}

test("the shipped recording shows a rejected attempt and its repair, and ends verified", async () => {
  await play(folder, async (system, run_id) => {
    const run = await untilRun(system.api, run_id, ({ status }) => status === "completed", 200);
    expect(run).toMatchObject({ stop_reason: "verified", provider: "replay" });
    expect(run.requirements.pass).toBe(run.requirements.total);
    const { rows } = await system.database.pools.admin.query(
      "select v.outcome from verifications v join verification_requests q on q.id = v.request_id where q.kind = 'implement' order by v.created_at",
    );
    expect(rows[0]?.outcome).toBe("rejected");
    expect(rows.at(-1)?.outcome).toBe("accepted");
  });
});

test("a recording with a broken implementation ends without the requirements it broke, and says why", async () => {
  breakLastImplementation(join(folder, example.name, "recording.json"));
  await play(folder, async (system, run_id) => {
    const run = await untilRun(system.api, run_id, ({ status }) => status === "awaiting_director", 200);
    expect(run.requirements.pass).toBeLessThan(run.requirements.total);
    expect(run.waiting_for).toMatchObject({ owner: "director", reason: "not_recorded" });
    expect(run.waiting_for?.detail).toMatch(/no recorded reply for T\d/);
    const report = await system.api.call(OPERATIONS.getReport, { params: { run_id } });
    expect(JSON.stringify(report)).toContain("fail");
  });
});
