import { setTimeout as sleep } from "node:timers/promises";
import { type BenchServer, openBenchServer } from "../bench-server.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { loadText } from "../machine.ts";
import { median, quantile } from "../statistics.ts";
import { measureDispatch } from "./governed-dispatch.ts";
import { type DispatchPeer, graphileDispatch, pgBossDispatch } from "./peers.ts";

const SIZES = { rounds: 5, samples: 60 };
const FLOOR_P99_MS = 100;
const OURS = "Aura: verdict -> handler";
const ASKED = "Aura: verdict -> model asked";
const GRAPHILE = "graphile-worker: addJob -> handler";
const PEERS: readonly { readonly system: string; readonly open: (url: string) => Promise<DispatchPeer> }[] = [
  { system: GRAPHILE, open: graphileDispatch },
  { system: "pg-boss: send -> handler", open: pgBossDispatch },
];

export interface DispatchRound {
  readonly system: string;
  readonly round: number;
  readonly milliseconds: readonly number[];
  readonly load: string;
}

export const dispatch: Benchmark = {
  name: "dispatch",
  measures: "idle system: commit of the last dependency's verdict until the agent's handler starts",
  run: async (around) => report(await measureDispatches(SIZES, around)),
};

export async function measureDispatches(
  sizes: { readonly rounds: number; readonly samples: number },
  { progress, signal }: Surroundings,
): Promise<DispatchRound[]> {
  const server = await openBenchServer();
  const rounds: DispatchRound[] = [];
  try {
    for (let round = 1; round <= sizes.rounds && !signal.aborted; round += 1) {
      rounds.push(...(await governedRound(server, sizes.samples, round, signal)));
      for (const { system, open } of PEERS) {
        const milliseconds = await peerSamples(server, open, sizes.samples, signal);
        rounds.push({ system, round, milliseconds, load: loadText() });
      }
      for (const { system, milliseconds } of rounds.slice(-PEERS.length - 2))
        progress(`round ${round} of ${sizes.rounds}: ${system} p50 ${median(milliseconds).toFixed(1)} ms`);
    }
  } finally {
    await server.close();
  }
  return rounds;
}

async function governedRound(
  server: BenchServer,
  samples: number,
  round: number,
  signal: AbortSignal,
): Promise<DispatchRound[]> {
  const db = await server.governed();
  try {
    const measured = await measureDispatch(db, samples, signal);
    const of = (system: string, milliseconds: number[]) => ({ system, round, milliseconds, load: loadText() });
    return [
      of(
        OURS,
        measured.map((sample) => sample.start_ms),
      ),
      of(
        ASKED,
        measured.map((sample) => sample.asked_ms),
      ),
    ];
  } finally {
    await db.close();
  }
}

async function peerSamples(
  server: BenchServer,
  open: (url: string) => Promise<DispatchPeer>,
  samples: number,
  signal: AbortSignal,
): Promise<number[]> {
  const database = await server.empty();
  const peer = await open(database.url);
  const milliseconds: number[] = [];
  try {
    await peer.once(); // connections and plans
    while (milliseconds.length < samples && !signal.aborted) {
      await sleep(20 + 30 * Math.random());
      milliseconds.push(await peer.once());
    }
  } finally {
    await peer.stop();
    await database.drop();
  }
  return milliseconds;
}

function report(rounds: readonly DispatchRound[]): Outcome {
  const of = (system: string, share: number) =>
    rounds.filter((round) => round.system === system).map(({ milliseconds }) => quantile(milliseconds, share));
  const ratio = (system: string, share: number) =>
    median(of(system, share).map((value, round) => value / (of(GRAPHILE, share)[round] ?? Number.NaN)));
  const systems = [...new Set(rounds.map(({ system }) => system))];
  const rows = systems.map((system) => [
    system,
    median(of(system, 0.5)).toFixed(1),
    median(of(system, 0.99)).toFixed(1),
    `${ratio(system, 0.5).toFixed(2)} / ${ratio(system, 0.99).toFixed(2)}`,
  ]);
  const p99 = median(of(OURS, 0.99));
  const [p50Ratio, p99Ratio] = [ratio(OURS, 0.5), ratio(OURS, 0.99)];
  return {
    table: { columns: ["system", "p50 ms", "p99 ms", "of graphile-worker's, paired: p50 / p99"], rows },
    notes: [
      `floor p99 ${FLOOR_P99_MS} ms: ${p99 <= FLOOR_P99_MS ? "met" : "MISSED"} (${p99.toFixed(1)} ms)`,
      `bar 1.0x graphile-worker: ${Math.max(p50Ratio, p99Ratio) <= 1 ? "met" : "MISSED"} (${p50Ratio.toFixed(1)}x, ${p99Ratio.toFixed(1)}x)`,
    ],
    rounds,
  };
}
