export const VERDICTS = ["pass", "fail", "inconclusive", "not_run"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Outcome of judging one submission. `environment` is never charged to an agent. */
export const VERIFICATION_OUTCOMES = ["accepted", "rejected", "inconclusive", "environment"] as const;
export type VerificationOutcome = (typeof VERIFICATION_OUTCOMES)[number];

export const VERIFICATION_KINDS = [
  "requirements",
  "plan",
  "acceptance_tests",
  "implement",
  "review",
  "assembly",
] as const;
export type VerificationKind = (typeof VERIFICATION_KINDS)[number];

export const TEST_OUTCOMES = ["pass", "fail", "error", "not_run"] as const;
export type TestOutcome = (typeof TEST_OUTCOMES)[number];

/** What isolates generated code, strongest first. */
export const SANDBOX_LEVELS = ["gvisor", "container_launcher", "bubblewrap"] as const;
export type SandboxLevel = (typeof SANDBOX_LEVELS)[number];

/** Who answers the system calls of generated code: Linux itself, or gVisor, which stands between. */
export const KERNEL_KINDS = ["linux", "gvisor"] as const;
export type KernelKind = (typeof KERNEL_KINDS)[number];

export const BLOCK_DISPOSITIONS = ["requirement", "context", "non_goal", "question", "set_aside"] as const;
export type BlockDisposition = (typeof BLOCK_DISPOSITIONS)[number];
