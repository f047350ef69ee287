import type { Finding } from "@aura/shared/schemas/verification-report";
import { forgedAnswers } from "./forged-answers.ts";
import { type InspectionGround, refusal } from "./ground.ts";
import { learntAnswers } from "./learnt-answers.ts";
import { secretsAndLicences } from "./secrets-and-licences.ts";
import { shippedFiles } from "./shipped-files.ts";
import { testDetection } from "./test-detection.ts";
import { unaskedAccess } from "./unasked-access.ts";
import { unaskedBranches } from "./unasked-branches.ts";
import { unfinishedCode } from "./unfinished-code.ts";

const RULES = [
  testDetection,
  forgedAnswers,
  learntAnswers,
  unaskedAccess,
  unaskedBranches,
  shippedFiles,
  secretsAndLicences,
  unfinishedCode,
];

/** What is to be said of a product's files before any of it is run: first what it is refused for, then the notes. */
export function inspectionFindings(ground: InspectionGround): Finding[] {
  const { complete, files } = ground.inspection;
  if (!complete)
    return [refusal("source_unreadable", "product", null, "its sources are too large to be looked through.")];
  const unreadable = files.filter(({ readable }) => !readable);
  const findings = [
    ...unreadable.map(({ path }) =>
      refusal(
        "source_unreadable",
        path,
        null,
        "cannot be read: it is no source, or nested too deeply. Write it simpler.",
      ),
    ),
    ...RULES.flatMap((rule) => rule(ground)),
  ];
  const refused = findings.filter(({ severity }) => severity === undefined);
  const places = new Set(refused.map(placeOf));
  return distinct([
    ...refused,
    ...findings.filter((found) => found.severity === "warning" && !places.has(placeOf(found))),
  ]);
}

/** Path and line: what a line is refused for says all that a warning about it could. */
const placeOf = ({ message }: Finding) => message.split(": ", 1)[0];

/** One of a code for each place. */
function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((found) => [`${found.code} ${placeOf(found)}`, found])).values()];
}
