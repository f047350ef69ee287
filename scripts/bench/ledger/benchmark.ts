import { type BenchServer, openBenchServer } from "../bench-server.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { GovernedLifecycle } from "../lifecycle/governed-lifecycle.ts";
import { loadText } from "../machine.ts";
import { pairedRatio, spread } from "../statistics.ts";
import { checkOffline, type OfflineCheck } from "./offline-check.ts";
import { type Lag, sealingLag, withSealer } from "./sealing-lag.ts";
import { insertsASecond, makePlainTable } from "./writers.ts";

export interface Sizes {
  readonly rounds: number;
  readonly agents: number;
  /** Tasks that go the governed way while the log is sealed. */
  readonly tasks: number;
  readonly writers: number;
  readonly writeSeconds: number;
  /** Runs in the export that is checked offline, once; each has 41 events. */
  readonly exportedRuns: number;
}

const SIZES: Sizes = { rounds: 3, agents: 64, tasks: 6000, writers: 24, writeSeconds: 5, exportedRuns: 24_400 };
const BARS = { lagP99S: 5, ofPlain: 0.6, ofHashing: 2, verifyS: 60 };

export interface LedgerSample extends Lag {
  readonly round: number;
  readonly tasks_a_second: number;
  /** Inserts a second into the log while it is numbered and sealed, and into a table without all that. */
  readonly log_inserts: number;
  readonly plain_inserts: number;
  readonly load: string;
}

export const ledger: Benchmark = {
  name: "ledger",
  measures: "how soon an event is under a signed checkpoint at full load, and what the log costs its writers",
  run: async (around) => {
    around.progress("checking an export offline");
    const offline = await checkOffline(SIZES.exportedRuns);
    return report(await measureLedger(SIZES, around), offline);
  },
};

export async function measureLedger(sizes: Sizes, { progress, signal }: Surroundings): Promise<LedgerSample[]> {
  const server = await openBenchServer();
  const samples: LedgerSample[] = [];
  try {
    for (let round = 1; round <= sizes.rounds && !signal.aborted; round += 1) {
      const sample = await oneRound(server, sizes, round);
      samples.push(sample);
      progress(`round ${round} of ${sizes.rounds}: sealed after ${sample.p99_s.toFixed(2)} s (p99)`);
    }
  } finally {
    await server.close();
  }
  return samples;
}

async function oneRound(server: BenchServer, sizes: Sizes, round: number): Promise<LedgerSample> {
  const db = await server.governed();
  try {
    await makePlainTable(db);
    const { lag, tasks_a_second, log_inserts } = await withSealer(db, async () => {
      const path = await GovernedLifecycle.prepare(db, sizes.agents);
      const from = new Date();
      const seconds = await path.drive(sizes.tasks);
      const measured = await sealingLag(db, from);
      await server.checkpoint();
      const inserts = await insertsASecond(db, "audit_events", sizes.writers, sizes.writeSeconds);
      return { lag: measured, tasks_a_second: sizes.tasks / seconds, log_inserts: inserts };
    });
    await server.checkpoint();
    const plain_inserts = await insertsASecond(db, "bench_plain", sizes.writers, sizes.writeSeconds);
    return { round, ...lag, tasks_a_second, log_inserts, plain_inserts, load: loadText() };
  } finally {
    await db.close();
  }
}

function report(samples: readonly LedgerSample[], offline: OfflineCheck): Outcome {
  const of = (key: "p50_s" | "p99_s" | "max_s" | "tasks_a_second" | "log_inserts" | "plain_inserts") =>
    samples.map((sample) => sample[key]);
  const ratio = pairedRatio(of("log_inserts"), of("plain_inserts"));
  const slower = offline.verify_s / offline.hash_s;
  const worst = Math.max(...of("p99_s"));
  const rows = [
    ["from an event to the checkpoint over it, p50, s", spread(of("p50_s"), 2)],
    ["the same, p99, s", spread(of("p99_s"), 2)],
    ["the same, longest, s", spread(of("max_s"), 2)],
    ["tasks/s meanwhile", spread(of("tasks_a_second"))],
    ["inserts/s into the log, numbered and sealed meanwhile", spread(of("log_inserts"))],
    ["inserts/s into a plain table of the same rows", spread(of("plain_inserts"))],
    ["log / plain, paired", ratio.toFixed(2)],
    [`offline check of ${offline.events.toLocaleString("en-US")} events, s`, offline.verify_s.toFixed(1)],
    ["hashing the lines of the same file and nothing else, s", offline.hash_s.toFixed(1)],
  ];
  const notes = [
    `checkpoint within ${BARS.lagP99S} s (p99, worst round): ${worst <= BARS.lagP99S ? "met" : "MISSED"} (${worst.toFixed(2)})`,
    `offline check within ${BARS.verifyS} s: ${offline.verify_s <= BARS.verifyS ? "met" : "MISSED"} (${offline.verify_s.toFixed(1)})`,
    `offline check within ${BARS.ofHashing} times the hashing: ${slower <= BARS.ofHashing ? "met" : "MISSED"} (${slower.toFixed(1)})`,
    `writers keep ${BARS.ofPlain} of plain inserts: ${ratio >= BARS.ofPlain ? "met" : "MISSED"} (${ratio.toFixed(2)})`,
  ];
  return { table: { columns: ["what", "median (least to greatest)"], rows }, notes, rounds: [...samples, offline] };
}
