import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RecordedLine } from "../recording/playback-server.ts";
import { readExample } from "../system/shipped-example.ts";
import { type DeliveredService, startDelivered, unpackDelivered } from "./delivered-service.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

/** The shipped recordings, and beside them one whose last implementation reply is broken. */
const NOBODY = { base_url: "http://127.0.0.1:9/v1" };
/** A whole example with all that its verdicts cost: far more than it takes on a slow machine. */
const RUN_S = 800;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-recordings-"));
  cpSync("docs/examples", folder, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function play(
  name: string,
  recordings: string,
  check: (system: TestSystem, run_id: string) => Promise<void>,
): Promise<void> {
  const environment = { AURA_MODEL_PROVIDER: "replay", AURA_RECORDINGS: recordings, OPENAI_API_KEY: "" };
  const system = await startTestSystem(NOBODY, { environment });
  try {
    const { prd, toolchain } = readExample(name);
    const request = { project: name, prd, toolchain, oversight: "autonomous" as const };
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
  await play("lend", folder, async (system, run_id) => {
    const run = await untilRun(system.api, run_id, ({ status }) => status === "completed", RUN_S);
    expect(run).toMatchObject({ stop_reason: "verified", provider: "replay" });
    expect(run.requirements.pass).toBe(run.requirements.total);
    const { rows } = await system.database.pools.admin.query(
      "select v.outcome from verifications v join verification_requests q on q.id = v.request_id where q.kind = 'implement' order by v.created_at",
    );
    expect(rows[0]?.outcome).toBe("rejected");
    expect(rows.at(-1)?.outcome).toBe("accepted");
  });
});

test("the shipped service is delivered, and keeps its data from one start to the next", async () => {
  await play("signup", folder, async (system, run_id) => {
    const run = await untilRun(system.api, run_id, ({ status }) => status === "completed", RUN_S);
    expect(run).toMatchObject({ stop_reason: "verified", provider: "replay", toolchain: "typescript" });
    expect(run.requirements).toMatchObject({ total: 24, pass: 24 });
    const product = join(folder, "delivered");
    await unpackDelivered(system.api, run_id, product);
    await useSignup(join(product, "src/main.ts"), { DATA_DIR: join(folder, "data") });
  });
});

/** One place for two people, an end in order, and the same service again. */
async function useSignup(program: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const first = await startDelivered(program, folder, environment);
  let people: unknown;
  try {
    const ask = async (method: string, path: string, body: object) =>
      (await fetch(`${first.url}/sheets/${path}`, { method, body: JSON.stringify(body) })).status;
    expect(await ask("PUT", "tea", { title: "Tea", places: 1 })).toBe(201);
    const both = ["Ada", "Ben"].map((name) => ask("POST", "tea/people", { name }));
    expect(await Promise.all(both)).toEqual([201, 201]);
    people = await peopleOn(first);
    expect(people).toMatchObject({ confirmed: [expect.any(String)], waiting: [expect.any(String)] });
    expect(await first.end()).toBe(0);
  } finally {
    first.kill();
  }
  const second = await startDelivered(program, folder, environment);
  try {
    expect(await peopleOn(second)).toEqual(people);
  } finally {
    second.kill();
  }
}

const peopleOn = async ({ url }: DeliveredService) => (await fetch(`${url}/sheets/tea/people`)).json();

test("a recording with a broken implementation ends without the requirements it broke, and says why", async () => {
  breakLastImplementation(join(folder, "lend", "recording.json"));
  await play("lend", folder, async (system, run_id) => {
    const run = await untilRun(system.api, run_id, ({ status }) => status === "awaiting_director", RUN_S);
    expect(run.requirements.pass).toBeLessThan(run.requirements.total);
    expect(run.waiting_for).toMatchObject({ owner: "director", reason: "not_recorded" });
    expect(run.waiting_for?.detail).toMatch(/no recorded reply for T\d/);
    const report = await system.api.call(OPERATIONS.getReport, { params: { run_id } });
    expect(JSON.stringify(report)).toContain("fail");
  });
});
