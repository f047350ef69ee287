import type { AgentStanding } from "@aura/shared/enums/actor";
import { type Judged, scoreOf } from "./scorecard.ts";

export interface StandingLimits {
  /** Verified rates, 0 to 1. */
  readonly probationBelow: number;
  readonly suspendBelow: number;
}

export interface StandingChange {
  readonly standing: AgentStanding;
  readonly limit: "hr.probation_below" | "hr.suspend_below";
  readonly reason: string;
}

/**
 * What the verdicts since the last change of standing say about an agent: probation, suspension, or the end of a
 * probation. Only what the whole interval shows counts, so that bad luck is not held against anybody; who is suspended
 * is reinstated by the Director alone.
 *
 * @param replaceable another agent can do everything that this one can
 * @returns null where its standing stays
 */
export function standingAfter(
  current: AgentStanding,
  judged: Judged,
  limits: StandingLimits,
  replaceable: boolean,
): StandingChange | null {
  const score = scoreOf(judged);
  if (score.status !== "scored") return null;
  const told = `${judged.accepted} of ${judged.judged} judged attempts were accepted`;
  const { low, high } = score.interval;
  if (current === "active" && high < limits.probationBelow) {
    return { standing: "probation", limit: "hr.probation_below", reason: told };
  }
  if (current !== "probation") return null;
  if (low > limits.probationBelow) return { standing: "active", limit: "hr.probation_below", reason: told };
  if (high >= limits.suspendBelow || !replaceable) return null;
  return { standing: "suspended", limit: "hr.suspend_below", reason: told };
}
