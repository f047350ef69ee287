import type { Policies } from "./policies.ts";

/** How much goes wrong before the Director is asked. */
export function taskLimits(policies: Policies) {
  return {
    failures: policies.limit("task.failures_max", 3),
    deaths: policies.limit("task.deaths_max", 3),
    providerRetries: policies.limit("task.provider_retries_max", 3),
    verificationRetries: policies.limit("verification.retries_max", 2),
    repairRounds: policies.limit("repair.rounds_max", 2),
    approvalHours: policies.limit("approval.hours", 72),
  };
}
