import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createApiClient } from "@aura/shared/api-client";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { ROOT } from "../system/aura-home.ts";
import { freePort } from "../system/ports.ts";
import { recordedToolchain } from "../system/shipped-example.ts";
import { start } from "../system/start.ts";
import { RecordedLine, startPlayback } from "./playback-server.ts";

/**
 * `npm run rekey -- <example> [lines.jsonl] [--toolchain <name>]`: runs the example through the whole system with the recorded replies behind the
 * real wire, and writes its recording.json anew with the keys of the prompts as they are now. Without a file of lines the
 * present recording gives the replies; without a toolchain it gives that, too. Fails when the run does not end verified: then the replies no longer fit.
 */
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { toolchain: { type: "string" } },
});
const [example = "", linesFile] = positionals;
const folder = join(ROOT, "docs", "examples", example);
const target = join(folder, "recording.json");
const body = readFileSync(join(folder, "PRD.md"), "utf8").replace(/\r\n?/g, "\n");
const toolchain = flags.toolchain ?? recordedToolchain(folder);
const scratch = mkdtempSync(join(tmpdir(), "aura-rekey-"));
const recorded = join(scratch, "lines.jsonl");

const playback = await startPlayback(readLines());
const system = await start({ env: await environment() });
try {
  const run = await runToTheEnd();
  if (run.status !== "completed" || run.stop_reason !== "verified")
    throw new Error(`the run ended ${run.status} (${run.waiting_for?.detail ?? run.stop_reason}); nothing was written`);
  const calls = parseLines(readFileSync(recorded, "utf8")).sort(byPlace);
  const template_versions = Object.fromEntries(calls.map(({ kind, template }) => [kind, template]));
  const recording = { prd_sha256: sha256Hex(body), toolchain, template_versions, calls };
  writeFileSync(target, `${JSON.stringify(recording, null, 1)}\n`);
  console.error(`${target}: ${calls.length} replies`);
} finally {
  await system.stop();
  playback.close();
  rmSync(scratch, { recursive: true, force: true });
}

function readLines(): RecordedLine[] {
  if (linesFile !== undefined) return parseLines(readFileSync(linesFile, "utf8"));
  return (JSON.parse(readFileSync(target, "utf8")) as { calls: unknown[] }).calls.map((call) =>
    RecordedLine.parse(call),
  );
}

/** Of two lines with the same key the later one counts. */
function parseLines(text: string): RecordedLine[] {
  const lines = text
    .split("\n")
    .filter(Boolean)
    .map((line) => RecordedLine.parse(JSON.parse(line)));
  return [...new Map(lines.map((line) => [line.key, line])).values()];
}

/** Tasks in the order of their first call; a file that is made again then differs only where something changed. */
function byPlace(a: RecordedLine, b: RecordedLine): number {
  return a.task_key === b.task_key ? 0 : a.task_key < b.task_key ? -1 : 1;
}

async function environment(): Promise<NodeJS.ProcessEnv> {
  return {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AURA_HOME: join(scratch, "home"),
    MANAGER_PORT: String(await freePort()),
    AURA_MODEL_PROVIDER: "openai",
    AURA_MODEL: "recorded",
    AURA_MODEL_PRICES: '{"openai/recorded": {"input": "0", "output": "0"}}',
    OPENAI_API_KEY: "playback",
    OPENAI_BASE_URL: playback.base_url,
    AURA_RECORD_TO: recorded,
  };
}

async function runToTheEnd() {
  const api = createApiClient(system.manager_url, system.api_key);
  const request = { project: example, prd: { body }, toolchain, oversight: "autonomous" as const };
  const { id } = await api.call(OPERATIONS.startRun, { body: request });
  for (;;) {
    const run = await api.call(OPERATIONS.getRun, { params: { run_id: id } });
    const stuck = run.status === "awaiting_director" && run.waiting_for?.owner === "director";
    if (stuck) await sleep(4000); // a gate that policy answers looks the same for a moment
    const again = stuck ? await api.call(OPERATIONS.getRun, { params: { run_id: id } }) : run;
    if (["completed", "failed", "cancelled"].includes(again.status) || (stuck && again.status === run.status))
      return again;
    await sleep(500);
  }
}
