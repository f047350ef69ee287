import { parseArgs } from "node:util";
import { openTestDatabase } from "../system/test-database.ts";
import { keepGuards, keepResults, publishCard, withoutJudged } from "./card-files.ts";
import { readProducts } from "./corpus-files.ts";
import {
  allCases,
  type Case,
  type Choice,
  caseName,
  choose,
  isFalseAccept,
  isFalseReject,
  type Result,
  runCases,
} from "./corpus-run.ts";
import { openCorpusSystem } from "./corpus-system.ts";
import { rateText } from "./error-rate.ts";
import { GUARDS, guardFile } from "./guard-list.ts";
import { reportCard } from "./report-card.ts";

/**
 * `npm run audit:corpus [-- --sample N --product P --only TRICK --missing --lanes N --auditors N --publish]`: judges the corpus
 * and prints how often the Auditor was wrong. `--missing` leaves out what was judged before; Ctrl-C ends it and keeps what is
 * judged. With `--publish` the report card in docs/operations is written from all that was judged. `--without GUARD` judges with
 * one guard of the Auditor switched off, and keeps nothing; `--guards` tries each of them. Exit code 1: something got through, or
 * an honest product did not; with `--guards`: a guard that nothing needs.
 */
const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    product: { type: "string" },
    only: { type: "string" },
    lanes: { type: "string", default: "3" },
    auditors: { type: "string", default: "2" },
    missing: { type: "boolean", default: false },
    without: { type: "string" },
    guards: { type: "boolean", default: false },
    publish: { type: "boolean", default: false },
  },
});
const choice: Choice = {
  product: values.product ?? null,
  only: values.only ?? null,
  sample: values.sample === undefined ? null : Number(values.sample),
};
/** Changes of the product never change a verdict, and cost time. */
const WITHOUT_MUTANTS = { AURA_MUTANTS: "0" };
const products = readProducts();
const begun = performance.now();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
const database = await openTestDatabase();
process.env.AURA_TEST_ADMIN_URL = database.url;
try {
  process.exitCode = values.guards ? await tryGuards() : await judgeCorpus();
} finally {
  await database.close();
}

async function judgeCorpus(): Promise<number> {
  const chosen = choose(products, choice);
  const cases = values.missing ? withoutJudged(chosen) : chosen;
  const results = await judged(cases, values.without ?? null);
  show(results);
  if (values.without === undefined) keepResults(results);
  if (values.publish) publishCard(products);
  return results.some((one) => isFalseAccept(one) || isFalseReject(one)) ? 1 : 0;
}

/** What each guard keeps out: the submissions of its list that get through without it. */
async function tryGuards(): Promise<number> {
  const needless: string[] = [];
  for (const { name, submissions } of GUARDS) {
    if (stopping.signal.aborted) break;
    const cases = allCases(products).filter((one) => submissions.includes(caseName(one)));
    const results = await judged(cases, name);
    const through = results.filter(({ accepted }) => accepted).map((result) => `${result.product}/${result.name}`);
    if (through.length === 0) needless.push(name);
    if (results.length === cases.length) keepGuards([{ guard: name, tried: submissions, through }]);
    console.log(
      `without ${name}: ${through.length === 0 ? "NOTHING" : through.join(", ")} of ${submissions.join(", ")}`,
    );
  }
  return needless.length === 0 ? 0 : 1;
}

async function judged(cases: readonly Case[], without: string | null): Promise<readonly Result[]> {
  const preload = without === null ? {} : { preload: { auditor: guardFile(without) } };
  const system = await openCorpusSystem({
    ...preload,
    auditors: Number(values.auditors),
    environment: WITHOUT_MUTANTS,
  });
  const tell = (result: Result, done: number) => tellOf(result, `${done}/${cases.length}`);
  try {
    const { results, unjudged } = await runCases(system, cases, {
      lanes: Number(values.lanes),
      tell,
      signal: stopping.signal,
    });
    if (unjudged.length > 0) console.log(`no verdict in time: ${unjudged.join(", ")}`);
    return results;
  } finally {
    await system.close();
  }
}

function tellOf(result: Result, progress: string): void {
  const mark = isFalseAccept(result) ? "FALSE ACCEPT" : isFalseReject(result) ? "FALSE REJECT" : "ok";
  const found = [...result.findings, ...result.failed_tests].slice(0, 4).join(", ");
  const { product, name, expected, end, seconds } = result;
  console.error(`${progress} ${mark} ${product}/${name} (${expected}): ${end} [${found}] ${seconds} s`);
}

function show(results: readonly Result[]): void {
  const { false_accepts, false_rejects, rows } = reportCard(results);
  for (const row of rows) {
    const { product, kind, submissions, accepted, wrong } = row;
    console.log([product.padEnd(8), kind.padEnd(24), `${accepted}/${submissions} accepted`, ...wrong].join("  "));
  }
  console.log(`\nfalse accepts: ${rateText(false_accepts)}\nfalse rejects: ${rateText(false_rejects)}`);
  console.log(`${results.length} submissions in ${Math.round((performance.now() - begun) / 1000)} s`);
}
