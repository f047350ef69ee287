import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { freePort } from "../../system/ports.ts";
import { readRuntimeFile } from "../../system/runtime-file.ts";
import { readExample } from "../../system/shipped-example.ts";
import { type RunningSystem, start } from "../../system/start.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { loadText } from "../machine.ts";
import { median, spread } from "../statistics.ts";
import { proportionalMebibytes, residentMebibytes } from "./resident-memory.ts";

const SERVICES = ["manager", "agent_runtime", "auditor"] as const;
const BARS = { startSeconds: 3, mebibytes: 120, exampleSeconds: 60 };
const POLL_MS = 100;

export interface FootprintSizes {
  readonly rounds: number;
  /** In how many of the rounds the example is built. */
  readonly examples: number;
  readonly idleMs: number;
}

const SIZES: FootprintSizes = { rounds: 5, examples: 3, idleMs: 5000 };

export interface FootprintRound {
  readonly round: number;
  /** From the call of `start` to the third service's /readyz; database and pages are there already. */
  readonly start_seconds: number;
  readonly memory: readonly { readonly service: string; readonly pss_mib: number; readonly rss_mib: number }[];
  /** From the PRD's hand-in to the run's end; null where it was not built. */
  readonly example_seconds: number | null;
  readonly load: string;
}

export const footprint: Benchmark = {
  name: "footprint",
  measures: "warm start to /readyz, idle memory of each service, example PRD to delivered software (recorded replies)",
  run: async (around) => report(await measureFootprint(SIZES, around)),
};

export async function measureFootprint(
  { rounds, examples, idleMs }: FootprintSizes,
  { progress, signal }: Surroundings,
): Promise<FootprintRound[]> {
  const home = mkdtempSync(join(tmpdir(), "aura-bench-home-"));
  const environment = async () => ({
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    AURA_HOME: home,
    MANAGER_PORT: String(await freePort()),
    AURA_MODEL_PROVIDER: "replay",
  });
  const up = async () => start({ env: await environment(), say: () => undefined, signal });
  const measured: FootprintRound[] = [];
  try {
    await (await up()).stop(); // makes data, schema and page
    for (let round = 1; round <= rounds && !signal.aborted; round += 1) {
      const begun = performance.now();
      const system = await up();
      const start_seconds = (performance.now() - begun) / 1000;
      try {
        await sleep(idleMs, undefined, { signal }).catch(() => undefined);
        const memory = memoryOf(home);
        const example_seconds = round <= examples ? await buildExample(system, signal) : null;
        measured.push({ round, start_seconds, memory, example_seconds, load: loadText() });
      } finally {
        await system.stop();
      }
      progress(
        `round ${round} of ${rounds}: start ${start_seconds.toFixed(1)} s, example ${measured.at(-1)?.example_seconds?.toFixed(0) ?? "not built"} s`,
      );
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return measured;
}

function memoryOf(home: string): FootprintRound["memory"] {
  const pids = readRuntimeFile(home)?.pids;
  return SERVICES.map((service) => {
    const pid = pids?.[service];
    if (pid === null || pid === undefined) throw new Error(`${service} does not run`);
    return { service, pss_mib: proportionalMebibytes(pid), rss_mib: residentMebibytes(pid) };
  });
}

/** @throws unless the run ends verified: a run that fails sooner is no faster */
async function buildExample(system: RunningSystem, signal: AbortSignal): Promise<number> {
  const { name, prd } = readExample();
  const api = createApiClient(system.manager_url, system.api_key);
  const begun = performance.now();
  const { id } = await api.call(OPERATIONS.startRun, { body: { project: name, prd, oversight: "autonomous" } });
  while (!signal.aborted) {
    const run = await api.call(OPERATIONS.getRun, { params: { run_id: id } });
    if (run.stop_reason === "verified") return (performance.now() - begun) / 1000;
    if (["completed", "failed", "cancelled"].includes(run.status)) throw new Error(`the example ended ${run.status}`);
    await sleep(POLL_MS);
  }
  return Number.NaN;
}

function report(rounds: readonly FootprintRound[]): Outcome {
  const examples = rounds.flatMap(({ example_seconds }) => (example_seconds === null ? [] : [example_seconds]));
  const starts = rounds.map(({ start_seconds }) => start_seconds);
  const memoryOf = (service: string, unit: "pss_mib" | "rss_mib") =>
    rounds.flatMap(({ memory }) => memory.filter((one) => one.service === service).map((one) => one[unit]));
  const bar = (values: readonly number[], most: number) => `${most}: ${median(values) <= most ? "met" : "MISSED"}`;
  const rows = [
    ["warm start to /readyz, s", spread(starts, 1), bar(starts, BARS.startSeconds)],
    ...SERVICES.flatMap((service) => [
      [
        `${service}, idle, PSS, MiB`,
        spread(memoryOf(service, "pss_mib")),
        bar(memoryOf(service, "pss_mib"), BARS.mebibytes),
      ],
      [`${service}, idle, RSS, MiB`, spread(memoryOf(service, "rss_mib")), ""],
    ]),
    ["example PRD to delivered software, s", spread(examples), bar(examples, BARS.exampleSeconds)],
  ];
  return {
    table: { columns: ["what", "median (least to greatest)", "bar"], rows },
    notes: ["memory counts as PSS: the services share one Node binary; RSS counts it in full for each"],
    rounds,
  };
}
