import type { TaskKind } from "@aura/shared/enums/task";

/** Worst case of one call, fixed per kind so that a reservation is known before the call. */
export const OUTPUT_TOKENS_MAX: Readonly<Record<TaskKind, number>> = {
  requirements: 32_000,
  plan: 24_000,
  acceptance_tests: 32_000,
  implement: 32_000,
  review: 12_000,
};

/** Replies that one conversation may take. */
export const TURNS_MAX: Readonly<Record<TaskKind, number>> = {
  requirements: 8,
  plan: 8,
  acceptance_tests: 8,
  implement: 24,
  review: 8,
};

/** Checks that one attempt may ask of the sandbox; the database (queue_sandbox_job) refuses one more. */
export const CHECKS_MAX = 40;

/** Replies in a row that lead nowhere (no action, malformed, refused product) before the attempt is given up. */
export const REPAIR_TURNS_MAX = 4;

/** Requirements whose tests are written in one conversation. */
export const REQUIREMENTS_A_BATCH = 8;

const CHARS_A_TOKEN = 3;

/** An upper estimate: real tokenizers take about four characters of English or code a token. */
export function estimateTokens(value: unknown): number {
  return Math.ceil(JSON.stringify(value).length / CHARS_A_TOKEN);
}
