import type { Step } from "../step.ts";
import { actOnVerifications } from "./act-on-verifications.ts";
import { reissueExpired, voidPointless } from "./approvals.ts";
import { assemble } from "./assembly.ts";
import { assignReady } from "./assign.ts";
import { bindAgents } from "./bind-agents.ts";
import { settleEndedAttempts } from "./ended-attempts.ts";
import { escalateOverLimits, retryRejected } from "./failures.ts";
import { expireReservations, forgetReplies, scoreConfidence } from "./housekeeping.ts";
import { takeInOverridden } from "./overridden.ts";
import { deliverPartially } from "./partial-delivery.ts";
import { beginApprovedPlans, obeyRefusedGates, openPlanGates } from "./plan-gate.ts";
import { escalateDeadlocked, releaseBlocked } from "./release.ts";
import { requestVerifications } from "./request-verifications.ts";
import { mirrorRunStatus } from "./run-status.ts";
import { reviewStandings } from "./standings.ts";
import { dropSurvivorTasks } from "./survivors.ts";
import { takeBackExpired, takeBackSuspended, withdrawAssignments } from "./take-back.ts";

/**
 * One tick, in order: take back what is lost, judge what came in, pass the gates, hand out what is ready, finish what is
 * done, and say where every run stands. Each step leaves a state that every other step understands.
 */
export const STEPS: readonly Step[] = [
  bindAgents,
  takeBackExpired,
  takeBackSuspended,
  withdrawAssignments,
  settleEndedAttempts,
  requestVerifications,
  actOnVerifications,
  takeInOverridden,
  escalateOverLimits,
  retryRejected,
  voidPointless,
  reissueExpired,
  obeyRefusedGates,
  openPlanGates,
  beginApprovedPlans,
  releaseBlocked,
  escalateDeadlocked,
  assignReady,
  dropSurvivorTasks,
  deliverPartially,
  scoreConfidence, // before a run can end on what was judged
  assemble,
  mirrorRunStatus,
  reviewStandings,
  expireReservations,
  forgetReplies(),
];
