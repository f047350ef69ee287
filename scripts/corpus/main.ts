import { parseArgs } from "node:util";
import { openTestDatabase } from "../system/test-database.ts";
import { keepResults, publishCard } from "./card-files.ts";
import { readProducts } from "./corpus-files.ts";
import { type Choice, choose, isFalseAccept, isFalseReject, type Result, runCases } from "./corpus-run.ts";
import { openCorpusSystem } from "./corpus-system.ts";
import { rateText } from "./error-rate.ts";
import { reportCard } from "./report-card.ts";

/**
 * `npm run audit:corpus [-- --sample N --product P --only TRICK --lanes N --publish]`: judges the corpus and prints how often the
 * Auditor was wrong. Ctrl-C ends it and keeps what is judged. With `--publish` the report card in docs/operations says what was
 * judged now, and of other submissions what was judged before. Exit code 1: something got through, or an honest product did not.
 */
const { values } = parseArgs({
  options: {
    sample: { type: "string" },
    product: { type: "string" },
    only: { type: "string" },
    lanes: { type: "string", default: "3" },
    publish: { type: "boolean", default: false },
  },
});
const choice: Choice = {
  product: values.product ?? null,
  only: values.only ?? null,
  sample: values.sample === undefined ? null : Number(values.sample),
};
const products = readProducts();
const cases = choose(products, choice);
const begun = performance.now();
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopping.abort());
const database = await openTestDatabase();
process.env.AURA_TEST_ADMIN_URL = database.url;
const system = await openCorpusSystem();
try {
  const results = await runCases(system, cases, { lanes: Number(values.lanes), tell, signal: stopping.signal });
  show(results);
  keepResults(results);
  if (values.publish) publishCard(products);
  process.exitCode = results.some((one) => isFalseAccept(one) || isFalseReject(one)) ? 1 : 0;
} finally {
  await system.close();
  await database.close();
}

function tell(result: Result, done: number): void {
  const mark = isFalseAccept(result) ? "FALSE ACCEPT" : isFalseReject(result) ? "FALSE REJECT" : "ok";
  const found = [...result.findings, ...result.failed_tests].slice(0, 4).join(", ");
  const { product, name, expected, end, seconds } = result;
  console.error(`${done}/${cases.length} ${mark} ${product}/${name} (${expected}): ${end} [${found}] ${seconds} s`);
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
