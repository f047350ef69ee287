import type { VerificationOutcome } from "@aura/shared/enums/verification";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { finding } from "./findings.ts";
import { type RequirementVerdict, type SuiteObservation, verdictOf } from "./verdicts.ts";

export interface AssemblyRequirement {
  readonly id: string;
  readonly inspection: boolean;
  /** A `must` that nobody set aside or overrode. Every other requirement is judged and shown, but holds nothing up. */
  readonly mandatory: boolean;
}

export interface AssemblyJudgement {
  readonly outcome: Exclude<VerificationOutcome, "environment">;
  readonly verdicts: readonly RequirementVerdict[];
  readonly findings: readonly Finding[];
}

/** What a file is refused for, or a warning, and the requirements whose tasks answer for it. */
export interface Refused {
  readonly found: Finding;
  readonly keys: readonly string[];
}

/**
 * Judges the assembled product: every mandatory requirement that tests can judge must pass, and the files of its task must
 * be such that its passes can be believed.
 */
export function judgeAssembly(
  requirements: readonly AssemblyRequirement[],
  observation: SuiteObservation,
  refused: readonly Refused[] = [],
): AssemblyJudgement {
  const observed = requirements.map((requirement) =>
    requirement.inspection ? inspectionVerdict(requirement.id) : verdictOf(requirement.id, observation),
  );
  const verdicts = observed.map((verdict) => disbelieved(verdict, refused));
  const counted = new Set(requirements.filter((r) => r.mandatory && !r.inspection).map(({ id }) => id));
  const open = verdicts.filter(({ requirement_id, verdict }) => counted.has(requirement_id) && verdict !== "pass");
  const findings = open.map(({ requirement_id, verdict, detail }) =>
    finding(`requirement_${verdict}`, requirement_id, `${requirement_id}: ${detail}`),
  );
  const all = [...findings, ...refused.flatMap((each) => refusalFindings(each, counted))];
  if (open.length === 0) return { outcome: "accepted", verdicts, findings: all };
  const unsteady = open.every(({ verdict }) => verdict === "inconclusive");
  return { outcome: unsteady ? "inconclusive" : "rejected", verdicts, findings: all };
}

/** A pass of a product that is refused shows nothing. */
function disbelieved(verdict: RequirementVerdict, refused: readonly Refused[]): RequirementVerdict {
  const why = refused.find(({ found, keys }) => found.severity === undefined && keys.includes(verdict.requirement_id));
  if (why === undefined || verdict.verdict === "not_run") return verdict;
  return { ...verdict, verdict: "fail", detail: `${why.found.code}: ${why.found.message} (${verdict.detail})` };
}

/** One for each requirement that has to be mended for it; a warning where there is none that holds anything up. */
function refusalFindings({ found, keys }: Refused, counted: ReadonlySet<string>): Finding[] {
  const concerned = found.severity === undefined ? [...new Set(keys)].filter((key) => counted.has(key)) : [];
  if (concerned.length === 0) return [{ ...found, severity: "warning" }];
  return concerned.map((key) => ({ ...found, subject: key }));
}

function inspectionVerdict(id: string): RequirementVerdict {
  return {
    requirement_id: id,
    verdict: "not_run",
    tests_passed: 0,
    tests_total: 0,
    detail: "inspection by the Director",
  };
}
