import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { TestResult } from "@aura/shared/schemas/verification-report";
import type { RunnerDone } from "./messages.ts";

const TEXT_MAX = 2000;

/** What the parent itself saw of one test. */
export interface Observations {
  /** Calls that a process of the product carried out. */
  readonly product_calls: number;
  readonly reached_stub: boolean;
  /** The last call as a person would read it, and what came back. */
  readonly last_input: string | null;
  readonly last_result: string | null;
  /** Calls still under way when the test ended. */
  readonly pending: number;
  /** Numbers of the functions of an instrumented product that its processes reached. */
  readonly reached: ReadonlySet<number>;
}

/** How the process that holds the tests dealt with one test. */
export type TestEnding =
  | { readonly kind: "done"; readonly done: RunnerDone }
  | { readonly kind: "timeout" }
  | { readonly kind: "crash" }
  | { readonly kind: "not_run"; readonly message: string };

interface Judged {
  readonly outcome: TestResult["outcome"];
  readonly message: string | null;
}

/**
 * The record of one test. A pass needs an ending without failure, at least one assertion and at least one call that
 * the product carried out; the last is what the parent counted, never what a process claimed.
 */
export function testRecord(
  test: AcceptanceTest,
  seen: Observations,
  ending: TestEnding,
  durationMs: number,
): TestResult {
  const { outcome, message } = judge(test, seen, ending);
  const done = ending.kind === "done" ? ending.done : null;
  const failed = outcome !== "pass";
  return {
    test_id: test.id,
    requirement_ids: test.requirement_ids,
    outcome,
    reached_product: seen.product_calls > 0,
    reached_stub: seen.reached_stub,
    assertions: done?.assertions ?? 0,
    input: failed ? bounded(seen.last_input) : null,
    expected: failed ? bounded(done?.expected ?? null) : null,
    observed: failed ? bounded(done?.observed ?? null) : null,
    message: failed ? withLastResult(message, seen.last_result) : null,
    duration_ms: durationMs,
  };
}

function judge(test: AcceptanceTest, seen: Observations, ending: TestEnding): Judged {
  if (ending.kind === "not_run") return { outcome: "not_run", message: ending.message };
  if (ending.kind === "crash") return { outcome: "error", message: "the test ended the process that holds it" };
  if (ending.kind === "timeout") return timedOut(test, seen);
  const { ended, message, assertions } = ending.done;
  if (ended === "error") return { outcome: "error", message };
  if (ended !== "passed") return { outcome: "fail", message };
  if (seen.pending > 0)
    return { outcome: "error", message: "the test ended before a call to the product did: await is missing" };
  if (assertions === 0) return { outcome: "error", message: "the test made no assertion" };
  if (seen.product_calls === 0) return { outcome: "error", message: "the test never reached the product" };
  return { outcome: "pass", message: null };
}

/** Waiting for the product is the product's failure; anything else is the test's own. */
function timedOut(test: AcceptanceTest, seen: Observations): Judged {
  const message = `the test took longer than its ${test.timeout_s} s`;
  return { outcome: seen.pending > 0 ? "fail" : "error", message };
}

function withLastResult(message: string | null, result: string | null): string | null {
  if (result === null || message?.includes(result)) return bounded(message);
  return bounded(`${cut(message ?? "", TEXT_MAX / 2)}\nlast call: ${result}`);
}

function bounded(text: string | null): string | null {
  return text === null ? null : cut(scrub(text), TEXT_MAX);
}

export function cut(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max)} [cut]` : text;
}

/** The end of a text: where a traceback says what went wrong. */
export function cutFront(text: string, max: number): string {
  return text.length > max ? `[cut] ${text.slice(-max)}` : text;
}

/** Removes what differs between equal runs: addresses in memory, names of temporary files, how long tests took. */
export function scrub(text: string): string {
  return text
    .replace(/\b0x[0-9a-fA-F]{6,16}\b/g, "0x0")
    .replace(/\/tmp\/tmp[a-z0-9_]{8}\b/g, "/tmp/tmp0")
    .replace(/^(Ran \d+ tests?) in [0-9.]+s$/gm, "$1")
    .replace(/^(\s*[✔✖﹣] .*) \([0-9.]+ms\)$/gm, "$1")
    .replace(/^ℹ duration_ms [0-9.]+\n?/gm, "");
}

/** Beginning and end of a text: what was run, and how it ended. */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max / 4)}\n[cut]\n${text.slice(-(max - max / 4))}`;
}
