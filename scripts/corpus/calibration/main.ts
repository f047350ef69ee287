import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { auraHome } from "../../system/aura-home.ts";
import { openTestDatabase } from "../../system/test-database.ts";
import { revision } from "../card-files.ts";
import { readProducts } from "../corpus-files.ts";
import { openCorpusSystem } from "../corpus-system.ts";
import { type JudgedSuite, judgeSuite, type Trial, trialsOf } from "./judged-suites.ts";
import { type MeasuredMistake, type MeasuredSuite, type Measurement, measurementPath } from "./measured-suites.ts";
import { countNoticed, noticedMistakes } from "./noticed-mistakes.ts";

/**
 * `npm run audit:calibrate [-- --product P --rounds N --lanes N --auditors N --mutants N]`: measures what confidence_score is
 * fitted to. Correct products of the corpus are delivered with suites of many strengths, through the real API; then the share of
 * honest mistakes that each suite notices is counted, in the Auditor's sandbox. What was measured is kept in .aura; Ctrl-C ends the
 * deliveries and goes on with what there is.
 */
const { values } = parseArgs({
  options: {
    product: { type: "string" },
    rounds: { type: "string", default: "1" },
    lanes: { type: "string", default: "3" },
    auditors: { type: "string", default: "2" },
    mutants: { type: "string", default: "12" },
  },
});
const products = readProducts().filter(({ name }) => values.product === undefined || name === values.product);
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
const database = await openTestDatabase();
process.env.AURA_TEST_ADMIN_URL = database.url;
try {
  const trials = products.flatMap((product) => trialsOf(product, Number(values.rounds)));
  const judged = await judgeAll(trials);
  const measurement = await measured(trials, judged);
  mkdirSync(auraHome(), { recursive: true });
  writeFileSync(measurementPath(), `${JSON.stringify(measurement, null, 1)}\n`);
} finally {
  await database.close();
}

async function judgeAll(trials: readonly Trial[]): Promise<JudgedSuite[]> {
  const environment = { AURA_MUTANTS: values.mutants, AURA_MUTANTS_S: "600" };
  const system = await openCorpusSystem({ auditors: Number(values.auditors), environment });
  const waiting = mixed(trials);
  const judged: JudgedSuite[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined && !stopping.signal.aborted; next = waiting.shift()) {
      const result = await judgeSuite(system, next);
      console.error(`${judged.length + 1}/${trials.length} ${next.name} ${lineOf(result)}`);
      if (result !== null) judged.push(result);
    }
  };
  try {
    await Promise.all(Array.from({ length: Number(values.lanes) }, work));
  } finally {
    await system.close();
  }
  return judged;
}

/** In an order that has nothing to do with product or strength, so that an early end leaves a fair part. */
function mixed(trials: readonly Trial[]): Trial[] {
  const placed = trials.map((trial) => ({ trial, place: sha256Hex(trial.name) }));
  return placed.toSorted((a, b) => (a.place < b.place ? -1 : 1)).map(({ trial }) => trial);
}

function lineOf(result: JudgedSuite | null): string {
  if (result === null) return "no verdict in time";
  if (result.inputs === null) return result.end;
  const { mutants_killed, mutants, functions_reached, functions } = result.inputs;
  return `${result.end}: ${mutants_killed} of ${mutants} changes noticed, ${functions_reached} of ${functions} functions reached`;
}

async function measured(trials: readonly Trial[], judged: readonly JudgedSuite[]): Promise<Measurement> {
  const suites = new Map(trials.map(({ name, suite }) => [name, suite]));
  const [rows, mistakes]: [MeasuredSuite[], MeasuredMistake[]] = [[], []];
  for (const product of products) {
    const own = judged.filter((one) => one.product === product.name);
    const accepted = own.filter(({ inputs }) => inputs !== null).flatMap(({ name }) => [suites.get(name) ?? []]);
    const noticed = await noticedMistakes(product, accepted, (mistake) => {
      mistakes.push(mistake);
      console.error(`${mistake.product}/${mistake.name}: noticed by ${mistake.noticed_by} of ${mistake.tests} tests`);
    });
    for (const one of own) {
      const count = one.inputs === null ? null : countNoticed(noticed, suites.get(one.name) ?? []);
      rows.push({ ...one, noticed: count, mistakes: product.mistakes.length });
    }
  }
  return { measured_on: new Date().toISOString().slice(0, 10), revision: revision(), suites: rows, mistakes };
}
