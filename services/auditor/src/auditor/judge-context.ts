import type { Queryable } from "@aura/shared/postgres/client";
import type { Finding, VerificationReport } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../db/request-statements.ts";
import type { GateClient } from "../dependencies/gate-client.ts";
import type { Sandbox } from "../sandbox/port.ts";
import { boundedFindings } from "../validators/findings.ts";

/** How much is spent on looking whether the tests notice changes of the product. */
export interface MutationBudget {
  readonly count: number;
  /** No further mutant is run after so long. */
  readonly wall_ms: number;
}

/** What a judge may use: reads of the database, and the sandbox while the work may go on. */
export interface JudgeContext {
  readonly db: Queryable;
  readonly sandbox: Sandbox;
  /** The way to the package registries. */
  readonly gate: GateClient;
  readonly mutation: MutationBudget;
}

/** Judges one request of its kind. Throws `EnvironmentFailure` when it could not be judged at all. */
export type Judge = (context: JudgeContext, request: VerificationCase) => Promise<VerificationReport>;

/** The judgement could not be made, and not because of what was judged: never charged to an agent. */
export class EnvironmentFailure extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(`${finding.code}: ${finding.message}`);
    this.name = "EnvironmentFailure";
    this.finding = finding;
  }
}

/** A report with nothing in it but what is given; findings are bounded. */
export function report(
  outcome: VerificationReport["outcome"],
  findings: readonly Finding[],
  parts: Partial<Omit<VerificationReport, "outcome" | "findings">> = {},
): VerificationReport {
  return {
    outcome,
    findings: boundedFindings(findings),
    verdicts: [],
    tests: [],
    guards: [],
    evidence: [],
    environment: null,
    ...parts,
  };
}

/** The report of a check that finds everything that is wrong: accepted when there is nothing. */
export function reportOf(
  findings: readonly Finding[],
  parts: Partial<Omit<VerificationReport, "outcome" | "findings">> = {},
): VerificationReport {
  return report(findings.length === 0 ? "accepted" : "rejected", findings, parts);
}
