import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startDelivered, unpackDelivered } from "./delivered-service.ts";
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
  system = await startTestSystem(model, { environment: { AURA_MUTANTS: "8" } });
});
afterAll(async () => {
  await system.close();
  await model.close();
  rmSync(folder, { recursive: true });
});

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

  const report = await system.api.call(OPERATIONS.getReport, { params: { run_id: id } });
  const { mutation, coverage } = report.verification ?? {};
  expect(mutation).toMatchObject({ sampled: 8, killed: 7, survived: [{ function: "Store.constructor" }] });
  expect(report.survivors_returned).toMatchObject({
    task_status: "verified", // its author was asked once, and found nothing that a test could see
    survivors: [{ function: "Store.constructor", answer: "equivalent" }],
  });
  expect(coverage).toMatchObject({ functions: 4, functions_reached: 4, unreached: [] });
  expect(report.confidence).toMatchObject({ mutants: 8, mutants_killed: 7, requirements_passed: 3 });

  const product = join(folder, "delivered");
  await unpackDelivered(system.api, id, product);
  const service = await startDelivered(join(product, "src/server.ts"), folder);
  try {
    expect((await fetch(`${service.url}/notes/a`)).status).toBe(404);
    const body = JSON.stringify({ text: "delivered" });
    const put = await fetch(`${service.url}/notes/a`, { method: "PUT", body });
    expect([put.status, await put.json()]).toEqual([201, { name: "a", text: "delivered" }]);
  } finally {
    service.kill();
  }
  expect(execFileSync(process.execPath, ["--test", "tests/*.test.ts"], { cwd: product, encoding: "utf8" })).toMatch(
    /pass 1\n/,
  );
});
