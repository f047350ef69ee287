import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type ApiClient, createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Run } from "@aura/shared/schemas/api/run";
import { followRun, isOver, type Snapshot } from "../cli/follow-run.ts";
import { openLiveView } from "../cli/live-view.ts";
import { openSession } from "../cli/session.ts";
import { unpack } from "../cli/unpack.ts";
import { freePort } from "./ports.ts";
import { serve } from "./serve.ts";
import { readExample, type ShippedExample } from "./shipped-example.ts";
import type { RunningSystem } from "./start.ts";

/**
 * One shipped example, from PRD to verified software, on a machine that has no key and no database. The last line on
 * stdout is one JSON object; the exit code is 0 only when the run completed and every mandatory requirement is verified.
 *
 * `--serve` keeps the system up afterwards; `--example <name>` takes another example.
 */

/** A replayed run moves every few seconds; one that does not is stuck, and says so instead of waiting for ever. */
const STILL_MS = 180_000;
/** Under autonomous oversight policy answers a gate at once; what still waits after this long waits for a person. */
const GATE_MS = 3000;

interface Result {
  readonly run_id: string | null;
  readonly status: Run["status"] | null;
  /** Folder of the unpacked software; null when there is none. */
  readonly delivered: string | null;
  readonly requirements: Run["requirements"] | null;
  readonly next: string;
}

const { values: flags } = parseArgs({ options: { serve: { type: "boolean" }, example: { type: "string" } } });
const say = (line: string) => console.error(line);
let result: Result = { run_id: null, status: null, delivered: null, requirements: null, next: nextCommand() };
let verified = false;
let served = false;

try {
  const example = readExample(flags.example);
  await serve({ env: await ownEnvironment(), say }, async (system) => {
    const run = await bootstrap(system, example);
    served = flags.serve === true && verified;
    if (served) console.log(JSON.stringify({ ...result, dashboard_url: `${system.manager_url}/` }));
    return served ? "keep" : run.status;
  });
} catch (error) {
  say((error as Error).message);
}
if (!served) console.log(JSON.stringify(result));
process.exitCode = verified ? 0 : 1;

/** Postgres of our own, recorded replies, no key, whatever else the caller's environment holds. */
async function ownEnvironment(): Promise<NodeJS.ProcessEnv> {
  const foreign = /^(DATABASE_URL|POSTGRES_.*|AURA_.*_DATABASE_URL|OPENAI_.*|AURA_MODEL.*|AURA_RECORD.*|ENV)$/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const port = process.env.MANAGER_PORT || String(await freePort(8000));
  return { ...Object.fromEntries(kept), AURA_MODEL_PROVIDER: "replay", MANAGER_PORT: port };
}

async function bootstrap(system: RunningSystem, example: ShippedExample): Promise<Run> {
  const client = createApiClient(system.manager_url, system.api_key);
  say(`Handing in docs/examples/${example.name}/PRD.md (REPLAY: recorded replies, no model is asked)`);
  const { name, prd, toolchain } = example;
  const body = { project: name, prd, toolchain, oversight: "autonomous" as const };
  const { id } = await client.call(OPERATIONS.startRun, { body });
  result = { ...result, run_id: id };
  const run = await follow(client, id);
  result = { ...result, status: run.status, requirements: run.requirements };
  verified = run.status === "completed" && run.stop_reason === "verified";
  if (verified) result = { ...result, delivered: await download(client, id, join(system.home, "delivered", name)) };
  await showVerdicts(client, run);
  return run;
}

/** Tells every move until the run is over or waits for a person: nobody is there who could answer. */
async function follow(client: ApiClient, run_id: string): Promise<Run> {
  const tell = (line: string) => say(line.trimEnd());
  const show = openLiveView(openSession({ env: process.env, out: tell, err: tell, terminal: false }, () => false));
  let last = "";
  let movedAt = Date.now();
  const onChange = (snapshot: Snapshot) => {
    show(snapshot);
    const now = JSON.stringify([snapshot.run.status, snapshot.tasks.map(({ status, attempt }) => [status, attempt])]);
    if (now !== last) movedAt = Date.now();
    last = now;
    if (Date.now() - movedAt > STILL_MS) throw new Error(`run ${run_id} has not moved for ${STILL_MS / 1000} s`);
  };
  const waits = ({ run }: Snapshot) => run.status === "awaiting_director" && Date.now() - movedAt > GATE_MS;
  const ended = (snapshot: Snapshot) => isOver(snapshot) || waits(snapshot);
  return (await followRun(client, run_id, onChange, ended)).run;
}

async function download(client: ApiClient, run_id: string, folder: string): Promise<string> {
  const archive = await client.fetch(OPERATIONS.downloadSoftware, { params: { run_id } });
  rmSync(folder, { recursive: true, force: true });
  await unpack(await archive.bytes(), folder);
  return folder;
}

async function showVerdicts(client: ApiClient, run: Run): Promise<void> {
  const params = { run_id: run.id };
  const report = await client.call(OPERATIONS.getReport, { params });
  for (const { key, state, tests_passed, tests_total, title } of report.requirements)
    console.log(`${key.padEnd(6)} ${state.padEnd(12)} ${tests_passed}/${tests_total} tests  ${title}`);
  if (result.delivered !== null) console.log(`Delivered: ${result.delivered}`);
  if (verified) return;
  const { waiting_for } = run;
  if (waiting_for !== null)
    say(
      `It waits for the ${waiting_for.owner}: ${waiting_for.reason} ${waiting_for.detail ?? ""}\n${waiting_for.next_step}`,
    );
  const markdown = await client.fetch(OPERATIONS.getReport, { params, headers: { accept: "text/markdown" } });
  say(await markdown.text());
}

function nextCommand(): string {
  const settings = ["AURA_HOME", "MANAGER_PORT"].filter((name) => process.env[name]);
  return [...settings.map((name) => `${name}=${process.env[name]}`), "npm start"].join(" ");
}
