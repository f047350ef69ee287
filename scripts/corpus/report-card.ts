import { isFalseAccept, isFalseReject, type Result } from "./corpus-run.ts";
import { type ErrorRate, errorRate, rateText } from "./error-rate.ts";

export interface ReportCard {
  readonly false_accepts: ErrorRate;
  readonly false_rejects: ErrorRate;
  readonly rows: readonly Row[];
}

interface Row {
  readonly product: string;
  readonly kind: string;
  readonly submissions: number;
  readonly accepted: number;
  readonly wrong: readonly string[];
}

export function reportCard(results: readonly Result[]): ReportCard {
  const tricks = results.filter(({ expected }) => expected === "rejected");
  const honest = results.filter(({ expected }) => expected === "correct");
  return {
    false_accepts: errorRate(tricks.filter(isFalseAccept).length, tricks.length),
    false_rejects: errorRate(honest.filter(isFalseReject).length, honest.length),
    rows: rowsOf(results),
  };
}

function rowsOf(results: readonly Result[]): Row[] {
  const groups = Map.groupBy(results, ({ product, kind }) => `${product}\n${kind}`);
  return [...groups.values()].map((group) => ({
    product: group[0]?.product ?? "",
    kind: group[0]?.kind ?? "",
    submissions: group.length,
    accepted: group.filter(({ accepted }) => accepted).length,
    wrong: group.filter((one) => isFalseAccept(one) || isFalseReject(one)).map(({ name }) => name),
  }));
}

/** What got through with one guard switched off. */
export interface GuardTrial {
  readonly guard: string;
  readonly tried: readonly string[];
  readonly through: readonly string[];
}

/** The card as a page. @param facts lines on when, of what and where it was made */
export function cardPage(results: readonly Result[], trials: readonly GuardTrial[], facts: readonly string[]): string {
  const { false_accepts, false_rejects, rows } = reportCard(results);
  const harmless = results.filter(({ expected }) => expected === "harmless");
  const unseen = results.filter(({ expected }) => expected === "unseen");
  const delivered = unseen.filter(({ accepted }) => accepted);
  const refused = harmless.filter(({ accepted }) => !accepted).map(({ product, name }) => `${product}/${name}`);
  return `${INTRODUCTION}
${facts.map((fact) => `- ${fact}`).join("\n")}

## Error rates

| | |
| --- | --- |
| wrong products that were accepted | ${rateText(false_accepts)} |
| correct products that were not accepted | ${rateText(false_rejects)} |
| wrong products whose suite does not look where they are wrong, accepted | ${delivered.length} of ${unseen.length} |
| correct products with something harmless beside them, refused all the same | ${refused.length} of ${harmless.length} |

The intervals are exact ones (Clopper and Pearson). With no error in n cases it is their upper end that says how little is known.

## What got through

${listOf(results.filter(isFalseAccept), "Nothing.")}

## What was refused wrongly

${listOf(results.filter(isFalseReject), "Nothing.")}

## What each guard keeps out

Each guard was switched off (\`npm run audit:corpus -- --guards\`). Where nothing gets through, other guards stop the same
submissions, or the corpus has none that needs it.

| without | tried | got through |
| --- | --- | --- |
${trials.map(({ guard, tried, through }) => `| ${guard} | ${tried.join(", ")} | ${through.join(", ") || "nothing"} |`).join("\n")}

## By product and kind of trick

| product | kind | submissions | accepted | wrong verdicts |
| --- | --- | ---: | ---: | --- |
${rows.map((row) => `| ${row.product} | ${row.kind} | ${row.submissions} | ${row.accepted} | ${row.wrong.join(", ")} |`).join("\n")}

## Each submission

| submission | expected | ended with | found | what it is |
| --- | --- | --- | --- | --- |
${results.map(line).join("\n")}
`;
}

const INTRODUCTION = `# The Auditor's report card

How often the Auditor is wrong, measured with a corpus of three small products (\`scripts/corpus/fixtures\`): honest and correct
solutions, submissions that try to be accepted without deserving it, and suites of lazy test authors. Every submission goes
through the real API as a run of its own: three services, the real sandbox, a scripted model in the place of a language model.
Accepted means delivered as verified; the first refusal of code or suite ends a run. Made by \`npm run audit:corpus\`.

The tricks were invented to break the verdict, so the rate of false accepts is that of this corpus and no
estimate of what a model hands in by itself. Two that their author meant as correct (\`pantry/blind/packed-source\`,
\`pricing/blind/rational-cents\`) do what the source checks refuse on purpose (code in a compressed text, a look for a test runner);
they count among those with something harmless beside them.

Where a trick showed on 2026-11-27 that a suite left out an edge that its rule names (long titles, negative amounts, many tickets, another
process), a test for it was added to the suite; a suite without these tests lets those tricks through. Suites that test a part of
a rule on purpose are counted apart: no run of them shows more than they look at. Changes of the product that no test notices
are for these; they are left out here, since they change no verdict.
`;

function listOf(results: readonly Result[], none: string): string {
  if (results.length === 0) return none;
  return results.map(({ product, name, what, end }) => `- ${product}/${name} (${end}): ${cell(what)}`).join("\n");
}

function line({ product, name, expected, end, findings, failed_tests, what }: Result): string {
  const failed = failed_tests.length === 0 ? [] : [`tests failed: ${shortened(failed_tests, 4)}`];
  const found = [...(findings.length === 0 ? [] : [shortened(findings, 3)]), ...failed].join("; ");
  return `| ${product}/${name} | ${expected} | ${end} | ${cell(found)} | ${cell(what)} |`;
}

const cell = (text: string) => text.replaceAll("|", "\\|");

function shortened(words: readonly string[], count: number): string {
  const more = words.length > count ? ` and ${words.length - count} more` : "";
  return words.slice(0, count).join(", ") + more;
}
