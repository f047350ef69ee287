import { derivedId } from "@aura/shared/models/ids";
import type { NewPolicyDecision } from "../db/orchestration-verbs.ts";
import type { Policy } from "./policies.ts";

/** A decision ready to be recorded. Made again after a crash it has the same id, and stands once. */
export function policyDecision(
  policy: Policy,
  decision: NewPolicyDecision["decision"],
  about: { run_id: string | null; task_id: string | null; subject: string; reason: string },
): NewPolicyDecision {
  const id = derivedId("policy-decision", about.run_id ?? "", policy.key, String(policy.version), about.subject);
  return { id, policy_key: policy.key, policy_version: policy.version, decision, ...about };
}
