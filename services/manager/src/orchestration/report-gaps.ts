import type { DeliveryReport } from "@aura/shared/schemas/api/report";

type Checked = Omit<DeliveryReport, "not_checked">;

/** What nobody looked at, in plain sentences: the part of a report that is easily left out. */
export function notChecked(report: Checked, reviews: number): string[] {
  return [
    ...report.requirements.flatMap(gapOf),
    ...(report.revision === null ? ["There is no software: nothing has landed."] : []),
    ...(report.revision !== null && report.verification?.kind !== "assembly"
      ? ["The delivered tree was not judged as a whole."]
      : []),
    ...unreachedCode(report.verification?.coverage?.unreached ?? []),
    ...(report.revision !== null && reviews === 0 ? ["Nobody reviewed the code."] : []),
    ...(report.replay ? ["REPLAY: every reply of a model was recorded earlier; no model was asked in this run."] : []),
    ...(report.checkpoint === null
      ? ["No signed checkpoint of the log covered the run when this report was made."]
      : []),
    "What the PRD does not say was not checked: security, performance and usability only where a requirement names them.",
  ];
}

/** A line for each file. */
function unreachedCode(unreached: readonly { readonly path: string; readonly name: string }[]): string[] {
  const byPath = Map.groupBy(unreached, ({ path }) => path);
  return [...byPath].map(
    ([path, functions]) => `No test reached ${functions.map(({ name }) => name).join(", ")} in ${path}.`,
  );
}

function gapOf({ key, title, state, verification_method }: Checked["requirements"][number]): string[] {
  switch (state) {
    case "not_run":
      return [`${key} (${title}): no test of it ran.`];
    case "inconclusive":
      return [`${key} (${title}): its tests came to no conclusion.`];
    case "set_aside":
      return [`${key} (${title}): set aside by the Director.`];
    case "overridden":
      return [`${key} (${title}): the Director's word stands in place of evidence.`];
    case "inspection":
      return [`${key} (${title}): judged by inspection only.`];
    default:
      return verification_method === "inspection" && state === "fail"
        ? [`${key} (${title}): failed its inspection.`]
        : [];
  }
}
