import { createLog } from "@aura/shared/log";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { startNumberingLoop } from "../../../services/auditor/src/ledger/numbering-loop.ts";
import { type BenchServer, openBenchServer } from "../bench-server.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { loadText } from "../machine.ts";
import { ownProcessorSeconds } from "../processor-time.ts";
import { median, pairedRatio, spread } from "../statistics.ts";
import { EVENTS_OF_A_TASK, GovernedLifecycle } from "./governed-lifecycle.ts";
import { graphileAsShipped, graphileTuned, type Peer, pgBossTuned } from "./peers.ts";
import { shareOfFunctions, trackFunctions, walBytes } from "./server-profile.ts";

/** Tasks a round of each system: enough for seconds of work, not equally many. */
export interface Sizes {
  readonly rounds: number;
  readonly warmUp: number;
  /** Each may hold 16 tasks: so many are in the agents' hands at most. */
  readonly agents: number;
  readonly governed: number;
  readonly tuned: number;
  readonly asShipped: number;
}

const SIZES: Sizes = { rounds: 5, warmUp: 500, agents: 64, governed: 6000, tuned: 20_000, asShipped: 1000 };
const BARS = { ofTuned: 0.4, ofAsShipped: 5, tasksASecond: 2000 };

/** One system in one round. Processor time is that of server and client together, in microseconds a task. */
interface Sample {
  readonly system: string;
  readonly round: number;
  readonly tasks: number;
  readonly tasks_a_second: number;
  readonly processor_us: number;
  readonly load: string;
}

export interface GovernedSample extends Sample {
  readonly wal_bytes: number;
  readonly events: Readonly<Record<string, number>>;
  readonly numbered: number;
  /** From the last verdict acted on to the last event numbered. */
  readonly numbering_lag_ms: number;
  readonly verbs: readonly { readonly name: string; readonly calls: number; readonly ms: number }[];
  /** Share of all time in functions of the database, only where they were tracked. */
  readonly functions: readonly { readonly name: string; readonly share: number }[];
}

const PEERS: readonly {
  readonly system: string;
  readonly open: (url: string) => Promise<Peer>;
  readonly size: keyof Sizes;
}[] = [
  { system: "graphile-worker tuned", open: graphileTuned, size: "tuned" },
  { system: "graphile-worker as shipped", open: graphileAsShipped, size: "asShipped" },
  { system: "pg-boss tuned", open: pgBossTuned, size: "tuned" },
];

export const lifecycle: Benchmark = {
  name: "lifecycle",
  measures: "tasks a second through the whole governed path, against queues that do none of that",
  run: async (around) => report(await measureLifecycle(SIZES, around)),
};

export async function measureLifecycle(sizes: Sizes, { progress, signal }: Surroundings): Promise<Sample[]> {
  const server = await openBenchServer();
  const samples: Sample[] = [];
  try {
    for (let round = 1; round <= sizes.rounds && !signal.aborted; round += 1) {
      samples.push(await governedRound(server, sizes, round, false));
      for (const peer of PEERS) samples.push(await peerRound(server, peer, sizes, round));
      for (const { system, tasks_a_second } of samples.slice(-PEERS.length - 1))
        progress(`round ${round} of ${sizes.rounds}: ${system} ${tasks_a_second.toFixed(0)} tasks/s`);
    }
    if (!signal.aborted) samples.push(await governedRound(server, sizes, 0, true));
  } finally {
    await server.close();
  }
  return samples;
}

async function timed(server: BenchServer, system: string, round: number, tasks: number, drive: () => Promise<number>) {
  await server.checkpoint();
  const processor = () => server.processorSeconds() + ownProcessorSeconds();
  const before = processor();
  const seconds = await drive();
  const processor_us = ((processor() - before) * 1e6) / tasks;
  return { system, round, tasks, tasks_a_second: tasks / seconds, processor_us, load: loadText() };
}

async function peerRound(
  server: BenchServer,
  { system, open, size }: (typeof PEERS)[number],
  sizes: Sizes,
  round: number,
) {
  const database = await server.empty();
  const peer = await open(database.url);
  try {
    await peer.drive(sizes.warmUp);
    return await timed(server, system, round, sizes[size], () => peer.drive(sizes[size]));
  } finally {
    await peer.stop();
    await database.drop();
  }
}

/** @param tracked with the time of every function of the database, which costs a little and is no figure to compare */
async function governedRound(
  server: BenchServer,
  sizes: Sizes,
  round: number,
  tracked: boolean,
): Promise<GovernedSample> {
  const db = await server.governed();
  if (tracked) await trackFunctions(db);
  const numbering = startNumberingLoop(db.pools.auditor, createLog("bench", "warn"));
  try {
    const path = await GovernedLifecycle.prepare(db, sizes.agents);
    await path.drive(sizes.warmUp);
    path.times.clear();
    const wal = await walBytes(db);
    const sample = await timed(server, "Aura", round, sizes.governed, () => path.drive(sizes.governed));
    const ended = performance.now();
    const verbs = path.times.list();
    const wal_bytes = ((await walBytes(db)) - wal) / sizes.governed;
    const numbered = await untilNumbered(db);
    const numbering_lag_ms = performance.now() - ended;
    const functions = tracked ? await shareOfFunctions(db) : [];
    return { ...sample, wal_bytes, events: await path.events(), numbered, numbering_lag_ms, verbs, functions };
  } finally {
    await numbering.stop();
    await db.close();
  }
}

/** Waits until every event has its number. @returns how many have one */
async function untilNumbered(db: TestDatabase): Promise<number> {
  for (;;) {
    const { rows } = await db.pools.auditor.query<{ events: number; leaves: number }>(
      "select (select count(*) from audit_events)::int as events, (select count(*) from audit_leaves)::int as leaves",
    );
    const [{ events, leaves } = { events: 0, leaves: -1 }] = rows;
    if (events === leaves) return leaves;
  }
}

function report(samples: readonly Sample[]): Outcome {
  const compared = samples.filter(({ round }) => round > 0);
  const rates = (system: string) => compared.filter((sample) => sample.system === system).map((s) => s.tasks_a_second);
  const systems = [...new Set(compared.map(({ system }) => system))];
  const rows = systems.map((system) => [
    system,
    spread(rates(system)),
    pairedRatio(rates("Aura"), rates(system)).toFixed(2),
    spread(compared.filter((sample) => sample.system === system).map(({ processor_us }) => processor_us)),
  ]);
  const columns = ["system", "tasks/s: median (least to greatest)", "Aura / it, paired", "processor us/task"];
  return { table: { columns, rows }, notes: [...verdict(rates), ...dominating(samples)], rounds: samples };
}

function verdict(rates: (system: string) => number[]): string[] {
  const bar = (what: string, value: number, least: number) =>
    `floor ${what} ${least}: ${value >= least ? "met" : "MISSED"} (${value.toFixed(2)})`;
  return [
    bar("of graphile-worker tuned", pairedRatio(rates("Aura"), rates("graphile-worker tuned")), BARS.ofTuned),
    bar(
      "of graphile-worker as shipped",
      pairedRatio(rates("Aura"), rates("graphile-worker as shipped")),
      BARS.ofAsShipped,
    ),
    bar("tasks/s", median(rates("Aura")), BARS.tasksASecond),
  ];
}

function dominating(samples: readonly Sample[]): string[] {
  const tracked = samples.find((sample): sample is GovernedSample => sample.round === 0);
  if (tracked === undefined) return [];
  const { tasks, verbs, functions, wal_bytes, numbering_lag_ms } = tracked;
  const calls = verbs.map(({ name, ms }) => `${name} ${((ms * 1000) / tasks).toFixed(0)}`);
  const shares = functions.slice(0, 12).map(({ name, share }) => `${name} ${(share * 100).toFixed(0)} %`);
  return [
    `${EVENTS_OF_A_TASK.length} events and ${wal_bytes.toFixed(0)} bytes of WAL a task; all events numbered ${numbering_lag_ms.toFixed(0)} ms after the last verdict was acted on`,
    `waited for calls, us a task (they overlap): ${calls.join(", ")}`,
    `time in functions, without what they call: ${shares.join(", ")}`,
  ];
}
