import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import { runSuite } from "../../../services/auditor/src/harness/run-suite.ts";
import { surroundings } from "../../../services/auditor/src/harness/surroundings.ts";
import { openSandbox } from "../../../services/auditor/src/sandbox/open.ts";
import type { AcceptanceRequest, Sandbox } from "../../../services/auditor/src/sandbox/port.ts";
import { unpackTree } from "../../../services/auditor/src/sandbox/scratch.ts";
import { requireToolchain } from "../../../services/auditor/src/toolchains/registry.ts";
import { acceptance, acceptanceTest } from "../../../services/auditor/test/sandbox/products.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { loadText } from "../machine.ts";
import { processorSeconds } from "../processor-time.ts";
import { pairedRatio, spread } from "../statistics.ts";
import { openBareJail } from "./bare-jail.ts";

export interface Sizes {
  readonly rounds: number;
  readonly tests: number;
}

const SIZES: Sizes = { rounds: 9, tests: 12 };
const BAR = { times: 1.3, more_ms: 100 };

export interface SandboxSample {
  readonly round: number;
  /** The whole verification: canaries, unpacking, the process that holds the tests, each call in a jail of its own. */
  readonly jailed_ms: number;
  readonly bare_ms: number;
  /** Processor time of all their processes. */
  readonly jailed_cpu_ms: number;
  readonly bare_cpu_ms: number;
  /** The canaries, which are part of `jailed_ms`. */
  readonly canaries_ms: number;
  readonly load: string;
}

export const sandbox: Benchmark = {
  name: "sandbox",
  measures: "verification of a small suite in the sandbox against the same programs without isolation",
  run: async (around) => report(await measureSandbox(SIZES, around), SIZES),
};

export async function measureSandbox(sizes: Sizes, { progress, signal }: Surroundings): Promise<SandboxSample[]> {
  const isolated = openSandbox({ sandbox: "auto" });
  const base = mkdtempSync(join(tmpdir(), "bench-sandbox-"));
  const samples: SandboxSample[] = [];
  try {
    await isolated.environment(); // opens it, as it is open in a running Auditor
    for (let round = 1; round <= sizes.rounds && !signal.aborted; round += 1) {
      const sample = await oneRound(isolated, base, sizes, round);
      samples.push(sample);
      progress(`round ${round} of ${sizes.rounds}: ${sample.jailed_ms} ms jailed, ${sample.bare_ms} ms bare`);
    }
  } finally {
    await isolated.killAll();
    rmSync(base, { recursive: true, force: true });
  }
  return samples;
}

/** The first goes to each in turn, so that what the other left in the caches favours neither. */
async function oneRound(isolated: Sandbox, base: string, sizes: Sizes, round: number): Promise<SandboxSample> {
  const request = acceptance(
    Array.from({ length: sizes.tests }, (_, n) =>
      acceptanceTest(`t${n}`, `const r = await product.cli(['${n}', '2']); assert.equal(r.stdout, '${n + 2}\\n');`),
    ),
  );
  const jailed = () => timed(async () => (await isolated.runAcceptance(request)).tests);
  const bare = () => timed(() => runBare(request, base));
  const swapped = round % 2 === 0;
  const first = await (swapped ? bare() : jailed());
  const second = await (swapped ? jailed() : bare());
  const begun = performance.now();
  await isolated.environment();
  return {
    round,
    ...named("jailed", swapped ? second : first),
    ...named("bare", swapped ? first : second),
    canaries_ms: Math.round(performance.now() - begun),
    load: loadText(),
  };
}

interface Cost {
  readonly ms: number;
  readonly cpu_ms: number;
}

function named<N extends "jailed" | "bare">(name: N, { ms, cpu_ms }: Cost) {
  return { [`${name}_ms`]: ms, [`${name}_cpu_ms`]: cpu_ms } as Record<`${N}_ms` | `${N}_cpu_ms`, number>;
}

async function timed(run: () => Promise<readonly TestResult[]>): Promise<Cost> {
  const begun = performance.now();
  const used = processorSeconds(process.pid);
  const failed = (await run()).filter(({ outcome }) => outcome !== "pass");
  const took = Math.round(performance.now() - begun);
  if (failed.length > 0) throw new Error(`a test did not pass: ${failed[0]?.message}`);
  return { ms: took, cpu_ms: Math.round((processorSeconds(process.pid) - used) * 1000) };
}

async function runBare(request: AcceptanceRequest, base: string): Promise<readonly TestResult[]> {
  const jail = openBareJail(base);
  try {
    const product = jail.openProduct();
    unpackTree(product, request.tree);
    const { interfaces, attachments, seed } = request;
    const toolchain = requireToolchain(request.toolchain);
    const nothing = { dependencies: null, attachmentsFolder: null, clock: {}, surroundings: surroundings("bare") };
    const run = await runSuite(
      request,
      { jail, toolchain, interfaces, product, attachments, seed, ...nothing },
      () => false,
    );
    return run.tests;
  } finally {
    await jail.close();
  }
}

function report(samples: readonly SandboxSample[], sizes: Sizes): Outcome {
  const of = (key: "jailed_ms" | "bare_ms" | "canaries_ms" | "jailed_cpu_ms" | "bare_cpu_ms") =>
    samples.map((sample) => sample[key]);
  const over = samples.map(({ jailed_ms, bare_ms }) => jailed_ms - BAR.times * bare_ms);
  const kept = over.filter((ms) => ms <= BAR.more_ms).length;
  const rows = [
    [`${sizes.tests} tests in the sandbox, ms`, spread(of("jailed_ms"))],
    ["the same without isolation, ms", spread(of("bare_ms"))],
    ["sandbox / bare, paired", pairedRatio(of("jailed_ms"), of("bare_ms")).toFixed(2)],
    ["processor time in the sandbox, ms", spread(of("jailed_cpu_ms"))],
    ["processor time without isolation, ms", spread(of("bare_cpu_ms"))],
    ["of the time in the sandbox the canaries, ms", spread(of("canaries_ms"))],
    [
      "a call of the product more, ms",
      spread(
        samples.map((s) => (s.jailed_ms - s.canaries_ms - s.bare_ms) / sizes.tests),
        1,
      ),
    ],
  ];
  const middle = [...over].sort((a, b) => a - b)[Math.floor(over.length / 2)] ?? 0;
  const notes = [
    `at most ${BAR.times} times bare and ${BAR.more_ms} ms: ${middle <= BAR.more_ms ? "met" : "MISSED"} in the median (${Math.round(middle)} ms over ${BAR.times} times), in ${kept} of ${samples.length} rounds`,
  ];
  return { table: { columns: ["what", "median (least to greatest)"], rows }, notes, rounds: samples };
}
