import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../system/ports.ts";
import { NOTE_SERVICE, NOTES_PRD } from "./note-service.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

const prompts: string[] = [];
const folder = mkdtempSync(join(tmpdir(), "aura-notes-"));
let model: ScriptedModel;
let system: TestSystem;

beforeAll(async () => {
  model = await startScriptedModel((prompt) => {
    prompts.push(prompt);
    return NOTE_SERVICE;
  });
  system = await startTestSystem(model);
});
afterAll(async () => {
  await system.close();
  await model.close();
  rmSync(folder, { recursive: true });
});

/** Unpacks the delivered archive. @returns the folder of the product */
async function download(run_id: string): Promise<string> {
  const response = await system.api.fetch(OPERATIONS.downloadSoftware, { params: { run_id }, query: {} } as never);
  writeFileSync(join(folder, "software.tar.gz"), Buffer.from(await response.arrayBuffer()));
  execFileSync("tar", ["xzf", "software.tar.gz"], { cwd: folder });
  const found = execFileSync("find", [folder, "-path", "*/src/server.ts"], { encoding: "utf8" }).trim();
  return join(found, "../..");
}

async function untilServed(url: string, service: ChildProcess): Promise<Response> {
  for (let tries = 0; tries < 200 && service.exitCode === null; tries += 1) {
    const response = await fetch(url).catch(() => null);
    if (response !== null) return response;
    await sleep(50);
  }
  throw new Error("the delivered service does not answer");
}

test("a PRD becomes an HTTP service in TypeScript that starts with node, after an enum was refused", async () => {
  const { id } = await system.api.call(OPERATIONS.startRun, {
    body: { project: "notes", prd: { body: NOTES_PRD }, oversight: "autonomous", toolchain: "typescript" },
  });
  const run = await untilRun(system.api, id, ({ status }) => ["completed", "failed"].includes(status), 120);
  expect(run).toMatchObject({
    status: "completed",
    stop_reason: "verified",
    toolchain: "typescript",
    requirements: { total: 3, pass: 3, fail: 0 },
  });
  const repair = prompts.find((prompt) => prompt.includes("the files do not compile"));
  expect(repair).toMatch(/\/product\/src\/server\.ts:4: TypeScript enum is not supported in strip-only mode/);
  const { data } = await system.api.call(OPERATIONS.listTasks, { params: { run_id: id } });
  expect(data.find(({ key }) => key === "T1")).toMatchObject({ attempt: 1, failures: 0 });

  const product = await download(id);
  const port = await freePort();
  const env = { PATH: process.env.PATH ?? "", PORT: `${port}` };
  const service = spawn(process.execPath, [join(product, "src/server.ts")], { cwd: folder, env, stdio: "ignore" });
  try {
    expect((await untilServed(`http://127.0.0.1:${port}/notes/a`, service)).status).toBe(404);
    const body = JSON.stringify({ text: "delivered" });
    const put = await fetch(`http://127.0.0.1:${port}/notes/a`, { method: "PUT", body });
    expect([put.status, await put.json()]).toEqual([201, { name: "a", text: "delivered" }]);
  } finally {
    service.kill("SIGKILL");
  }
  expect(execFileSync(process.execPath, ["--test", "tests/*.test.ts"], { cwd: product, encoding: "utf8" })).toMatch(
    /pass 1\n/,
  );
});
