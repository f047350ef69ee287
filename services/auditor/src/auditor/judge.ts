import type { VerificationKind } from "@aura/shared/enums/verification";
import type { Log } from "@aura/shared/log";
import { isUnavailable } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../db/request-statements.ts";
import { finding } from "../validators/findings.ts";
import { EnvironmentFailure, type Judge, type JudgeContext, report } from "./judge-context.ts";
import { judgeAssembledProduct } from "./judges/assembly-judge.ts";
import { judgeImplement } from "./judges/implement-judge.ts";
import { judgePlan } from "./judges/plan-judge.ts";
import { judgeRequirements } from "./judges/requirements-judge.ts";
import { judgeReview } from "./judges/review-judge.ts";
import { judgeSuite } from "./judges/suite-judge.ts";

const JUDGES: Record<VerificationKind, Judge> = {
  requirements: judgeRequirements,
  plan: judgePlan,
  acceptance_tests: judgeSuite,
  implement: judgeImplement,
  review: judgeReview,
  assembly: judgeAssembledProduct,
};

/**
 * Judges one request. Whatever keeps the judgement from being made, apart from the database and from being told to
 * stop, is the outcome `environment`, which is never charged to an agent.
 *
 * @throws what the database threw; `signal.reason` when the work was ended
 */
export async function judge(
  context: JudgeContext & { readonly log: Log },
  request: VerificationCase,
  signal: AbortSignal,
): Promise<VerificationReport> {
  try {
    const result = await JUDGES[request.kind](context, request);
    signal.throwIfAborted();
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (isUnavailable(error)) throw error;
    context.log.warn(
      { request_id: request.request_id, kind: request.kind, err: error },
      "a request could not be judged",
    );
    return report("environment", [environmentFinding(error)]);
  }
}

function environmentFinding(error: unknown) {
  if (error instanceof EnvironmentFailure) return error.finding;
  if (error instanceof AuraError) return finding(error.code, null, error.detail);
  return finding("auditor_failed", null, "The Auditor could not carry out the check. See its log.");
}
