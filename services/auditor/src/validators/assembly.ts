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

/** Judges the assembled product: every mandatory requirement that tests can judge must pass. */
export function judgeAssembly(
  requirements: readonly AssemblyRequirement[],
  observation: SuiteObservation,
): AssemblyJudgement {
  const verdicts = requirements.map((requirement) =>
    requirement.inspection ? inspectionVerdict(requirement.id) : verdictOf(requirement.id, observation),
  );
  const counted = new Set(requirements.filter((r) => r.mandatory && !r.inspection).map(({ id }) => id));
  const open = verdicts.filter(({ requirement_id, verdict }) => counted.has(requirement_id) && verdict !== "pass");
  const findings = open.map(({ requirement_id, verdict, detail }) =>
    finding(`requirement_${verdict}`, requirement_id, `${requirement_id}: ${detail}`),
  );
  if (open.length === 0) return { outcome: "accepted", verdicts, findings };
  const unsteady = open.every(({ verdict }) => verdict === "inconclusive");
  return { outcome: unsteady ? "inconclusive" : "rejected", verdicts, findings };
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
