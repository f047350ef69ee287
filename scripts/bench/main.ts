import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { auraHome } from "../system/aura-home.ts";
import type { Benchmark, Outcome } from "./benchmark.ts";
import { dispatch } from "./dispatch/benchmark.ts";
import { footprint } from "./footprint/benchmark.ts";
import { ledger } from "./ledger/benchmark.ts";
import { lifecycle } from "./lifecycle/benchmark.ts";
import { machineFacts } from "./machine.ts";
import { makespan } from "./makespan/benchmark.ts";
import { printTable } from "./print-table.ts";
import { sandbox } from "./sandbox/benchmark.ts";

/**
 * `npm run bench [-- <name>...]`: the benchmarks of these names, or all. A table each on stdout, progress on stderr, every
 * round in `.aura/bench/<name>.json`. Ctrl-C ends it when the round under way is over, a second one at once.
 */
const BENCHMARKS: readonly Benchmark[] = [lifecycle, dispatch, makespan, ledger, footprint, sandbox];

const names = process.argv.slice(2);
const unknown = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
if (unknown.length > 0) {
  console.error(`No benchmark is called ${unknown.join(", ")}. There are:`);
  for (const { name, measures } of BENCHMARKS) console.error(`  ${name.padEnd(10)} ${measures}`);
  process.exit(2);
}

const stopping = new AbortController();
process.once("SIGINT", () => {
  console.error("stopping after this round; again to end at once");
  stopping.abort();
});
const progress = (line: string) => console.error(line);

for (const benchmark of BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name))) {
  progress(`== ${benchmark.name}: ${benchmark.measures}`);
  const machine = machineFacts();
  const outcome = await benchmark.run({ progress, signal: stopping.signal });
  if (stopping.signal.aborted) process.exit(130);
  show(benchmark, machine, outcome);
}

function show({ name, measures }: Benchmark, machine: string, { table, notes, rounds }: Outcome): void {
  const at = new Date().toISOString();
  console.log(`\n${name}: ${measures}\n${at}, ${machine}\n\n${printTable(table)}\n`);
  for (const note of notes) console.log(`- ${note}`);
  const folder = join(auraHome(), "bench");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `${name}.json`),
    `${JSON.stringify({ name, at, machine, table, notes, rounds }, null, 1)}\n`,
  );
}
