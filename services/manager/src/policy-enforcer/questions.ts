import type { Oversight } from "@aura/shared/enums/run";
import type { Policies, Policy } from "./policies.ts";

/** Whether an analyst's open questions block the run (`block`) or its assumptions stand (`assume`). */
export function questionRuling(
  policies: Policies,
  run: { readonly oversight: Oversight; readonly strict_policy: boolean },
): { readonly value: string; readonly policy: Policy | null } {
  return policies.ruling("questions", run.oversight, run.strict_policy) ?? { value: "block", policy: null };
}
