import { openBenchServer } from "../bench-server.ts";
import type { Benchmark, Outcome, Surroundings } from "../benchmark.ts";
import { loadText } from "../machine.ts";
import { quantile } from "../statistics.ts";
import { listScheduleMs, lowerBoundMs } from "./bounds.ts";
import { measureMakespan } from "./governed-makespan.ts";
import { randomWorkload } from "./random-graph.ts";

const BARS = { median: 1.03, p99: 1.1 };

export interface GraphSize {
  readonly tasks: number;
  readonly width: number;
  readonly slots: number;
}

/** Work is scaled down from the tens of seconds of a model's reply, which makes what the system adds weigh more. */
const MEDIAN_MS = 2000;
const GRAPHS: readonly GraphSize[] = [
  { tasks: 10, width: 1, slots: 2 },
  { tasks: 12, width: 4, slots: 2 },
  { tasks: 20, width: 3, slots: 4 },
  { tasks: 30, width: 8, slots: 4 },
  { tasks: 40, width: 6, slots: 8 },
  { tasks: 60, width: 16, slots: 8 },
  { tasks: 80, width: 12, slots: 8 },
  { tasks: 100, width: 16, slots: 16 },
  { tasks: 140, width: 16, slots: 16 },
  { tasks: 200, width: 16, slots: 16 },
];

export interface MakespanSample extends GraphSize {
  readonly lower_bound_ms: number;
  readonly list_schedule_ms: number;
  readonly makespan_ms: number;
  readonly load: string;
}

export const makespan: Benchmark = {
  name: "makespan",
  measures: "random task graphs with lognormal work: makespan over max(critical path, work / slots)",
  run: async (around) => report(await measureMakespans(GRAPHS, MEDIAN_MS, around)),
};

export async function measureMakespans(
  graphs: readonly GraphSize[],
  medianMs: number,
  { progress, signal }: Surroundings,
): Promise<MakespanSample[]> {
  const server = await openBenchServer();
  const samples: MakespanSample[] = [];
  try {
    for (const [seed, size] of graphs.entries()) {
      const workload = randomWorkload(seed + 1, size.tasks, size.width, size.slots, medianMs);
      const db = await server.governed();
      const makespan_ms = await measureMakespan(db, workload, signal).finally(db.close);
      if (makespan_ms === null) break;
      const bounds = { lower_bound_ms: lowerBoundMs(workload), list_schedule_ms: listScheduleMs(workload) };
      samples.push({ ...size, ...bounds, makespan_ms, load: loadText() });
      progress(
        `${size.tasks} tasks on ${size.slots} slots: ${(makespan_ms / bounds.lower_bound_ms).toFixed(3)} of the bound`,
      );
    }
  } finally {
    await server.close();
  }
  return samples;
}

function report(samples: readonly MakespanSample[]): Outcome {
  const rows = samples.map(({ tasks, width, slots, lower_bound_ms, list_schedule_ms, makespan_ms }) => [
    `${tasks} / ${width} / ${slots}`,
    (lower_bound_ms / 1000).toFixed(1),
    (makespan_ms / lower_bound_ms).toFixed(3),
    (list_schedule_ms / lower_bound_ms).toFixed(3),
    (makespan_ms / list_schedule_ms).toFixed(3),
  ]);
  const ratios = samples.map(({ makespan_ms, lower_bound_ms }) => makespan_ms / lower_bound_ms);
  const [median, p99] = [quantile(ratios, 0.5), quantile(ratios, 0.99)];
  const bar = (name: string, value: number, most: number) =>
    `bar ${name} ${most}: ${value <= most ? "met" : "MISSED"} (${value.toFixed(3)})`;
  return {
    table: {
      columns: [
        "tasks / width / slots",
        "bound, s",
        "makespan / bound",
        "free hand-out / bound",
        "makespan / free hand-out",
      ],
      rows,
    },
    notes: [
      bar("median", median, BARS.median),
      bar("p99", p99, BARS.p99),
      `work scaled to a median of ${MEDIAN_MS / 1000} s; "free hand-out" is the same order of tasks if the system took no time for itself`,
    ],
    rounds: samples,
  };
}
