import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CHANGES, comparedModels, estimatedShare, pointsOf } from "./features.ts";
import { fitted } from "./fit.ts";
import {
  type MeasuredMistake,
  type MeasuredSuite,
  type Measurement,
  measurementPath,
  readMeasurement,
} from "./measured-suites.ts";
import { scatter } from "./scatter.ts";

/**
 * `npm run audit:calibrate:publish`: writes what was measured, and what follows from it, to docs/operations. The weights that it
 * names are those of services/manager/src/orchestration/confidence.ts; a test holds the two together.
 */
const DOCS = fileURLToPath(new URL("../../../docs/operations/", import.meta.url));
const PICTURE = "confidence-calibration.svg";

function page({ measured_on, revision, suites, mistakes }: Measurement): string {
  const delivered = suites.filter(({ inputs }) => inputs !== null);
  const weights = fitted(pointsOf(CHANGES, suites)).map((weight) => weight.toFixed(2));
  return `# What confidence is measured by

\`confidence_score\` says how many honest mistakes the tests behind a delivery would have noticed ([CONFIDENCE.md](../architecture/CONFIDENCE.md)).
This is what that estimate rests on. Made by \`npm run audit:calibrate\` and \`npm run audit:calibrate:publish\`.

- measured on ${measured_on}, at revision ${revision}
- ${mistakes.length} honest mistakes in ${new Set(mistakes.map(({ product }) => product)).size} products of the corpus: slips, edges and misreadings, written from the PRDs by authors who knew neither
  the suites nor the changes that the Auditor makes. Each breaks a rule of its PRD and was seen to answer differently from three correct solutions
- ${suites.length} suites: the honest one of each product, and lazier ones made from it (fewer tests, tests that stop earlier, comparisons content with any
  value). Each was handed in with a correct product through the real API. ${suites.length - delivered.length} were refused by the Auditor as they look at too little; ${delivered.length} deliveries are left
- each test of these suites was run on each mistake in the Auditor's sandbox; a suite notices what one of its tests notices

![Each dot is a suite; the line is the estimate](${PICTURE})

## The estimate

Logistic regression of the share of mistakes noticed: base ${weights[0]}, and ${weights[1]} for the logarithm of changes noticed to changes missed (each with one more).

| estimated by | mean distance from what was measured, each product by the weights of the others |
| --- | ---: |
${comparedModels(suites)
  .map(({ name, error }) => `| ${name} | ${points(error)} points |`)
  .join("\n")}

So the changes that tests noticed tell suites apart only a little: what is known of a delivery is above all what such suites come to in general.
A suite whose assertions are content with any value notices most changes, since many end in an error, and few mistakes.

## Suites by the changes that they noticed

| changes noticed | suites | honest mistakes noticed, mean | from | to | estimated |
| --- | ---: | ---: | ---: | ---: | ---: |
${byChanges(suites).join("\n")}

## The honest suite of each product

| product | honest mistakes noticed |
| --- | ---: |
${honest(suites).join("\n")}

## What no test noticed

${mistakes
  .filter(({ noticed_by }) => noticed_by === 0)
  .map(unnoticed)
  .join("\n")}

## What this does not say

- Three small products, one author of their suites, ${delivered.length} suites of which many share tests: the intervals would be wide, and none is given.
- Mistakes of authors who were asked for some. A model's own may be easier or harder to notice.
- Nothing about mistakes that its author would make in product and test alike: a requirement that both misread.
`;
}

function byChanges(suites: readonly MeasuredSuite[]): string[] {
  const weights = fitted(pointsOf(CHANGES, suites));
  const groups = Map.groupBy(suites.filter(isDelivered), ({ inputs }) => inputs.mutants_killed);
  return [...groups]
    .toSorted(([a], [b]) => b - a)
    .map(([killed, group]) => {
      const shares = group.map(shareOf);
      const estimate = group[0] === undefined ? 0 : estimatedShare(weights, group[0].inputs);
      const cells = [mean(shares), Math.min(...shares), Math.max(...shares), estimate].map(percent);
      return `| ${killed} of ${group[0]?.inputs.mutants} | ${group.length} | ${cells.join(" | ")} |`;
    });
}

type Delivered = MeasuredSuite & { readonly inputs: NonNullable<MeasuredSuite["inputs"]> };
const isDelivered = (suite: MeasuredSuite): suite is Delivered => suite.inputs !== null;

function honest(suites: readonly MeasuredSuite[]): string[] {
  const whole = new Map(
    suites
      .filter(isDelivered)
      .filter(({ name }) => name.endsWith("/0.0"))
      .map((one) => [one.product, one]),
  );
  return [...whole.values()].map(({ product, noticed, mistakes }) => `| ${product} | ${noticed} of ${mistakes} |`);
}

const unnoticed = ({ product, name, rule, what }: MeasuredMistake) => `- ${product}/${name} (${rule}): ${what}`;

function picture({ suites }: Measurement): string {
  const weights = fitted(pointsOf(CHANGES, suites));
  const delivered = suites.filter(isDelivered);
  const [some] = delivered;
  if (some === undefined) throw new Error("nothing was delivered, so there is nothing to draw");
  const tried = some.inputs.mutants;
  const dots = delivered.map((suite) => ({
    ...{ product: suite.product, mistakes: shareOf(suite) },
    changes: suite.inputs.mutants_killed / suite.inputs.mutants,
  }));
  return scatter(dots, (share) =>
    estimatedShare(weights, { ...some.inputs, mutants: tried, mutants_killed: share * tried }),
  );
}

const shareOf = ({ noticed, mistakes }: MeasuredSuite) => (noticed ?? 0) / mistakes;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;
const points = (share: number) => (share * 100).toFixed(1);

const measurement = readMeasurement(measurementPath());
writeFileSync(join(DOCS, "CONFIDENCE_CALIBRATION.json"), `${JSON.stringify(measurement, null, 1)}\n`);
writeFileSync(join(DOCS, "CONFIDENCE_CALIBRATION.md"), page(measurement));
writeFileSync(join(DOCS, PICTURE), picture(measurement));
