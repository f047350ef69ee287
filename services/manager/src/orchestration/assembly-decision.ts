import type { Progress } from "../db/orchestration-progress.ts";

export type AssemblyDecision =
  /** Put the head before the Auditor, as the given retry. */
  | { readonly kind: "request"; readonly retry: number }
  /** The Auditor is at work, or a retry is not due yet. */
  | { readonly kind: "wait" }
  | { readonly kind: "deliver" }
  | { readonly kind: "repair" }
  | { readonly kind: "ask"; readonly code: string; readonly detail: string };

/** Seconds before an assembly is judged again; after the last of them at the slow pace. */
const RETRY_DELAYS_S = [2, 10, 30];
const SLOW_RETRY_S = 300;

/** What to do about the landed head of a run that has no open task. */
export function decideAssembly(progress: Progress, retriesMax: number): AssemblyDecision {
  if (progress.head_revision_id === null) return stuck("nothing has landed and no task is open");
  if (progress.suite_id === null && !progress.untestable) return stuck("there is no acceptance suite and no open task");
  if (progress.assembly_request_id === null) return { kind: "request", retry: 0 };
  const retry = progress.assembly_retry ?? 0;
  switch (progress.assembly_outcome) {
    case null:
      return { kind: "wait" };
    case "accepted":
      return progress.failed_keys.length === 0 ? { kind: "deliver" } : { kind: "repair" };
    case "rejected":
      return progress.failed_keys.length === 0 ? { kind: "request", retry: retry + 1 } : { kind: "repair" };
    case "environment":
    case "inconclusive":
      return unjudged(progress, retry, retriesMax);
  }
}

function stuck(what: string): AssemblyDecision {
  return { kind: "ask", code: "stuck", detail: `${what}: retry a task, or cancel the run` };
}

/** Whatever the environment lacks may come back, so the judgement is repeated for as long as the run is open. */
function unjudged(progress: Progress, retry: number, retriesMax: number): AssemblyDecision {
  const isOver = retry >= retriesMax;
  const delay = isOver ? SLOW_RETRY_S : (RETRY_DELAYS_S[retry] ?? SLOW_RETRY_S);
  if ((progress.assembly_judged_s_ago ?? 0) >= delay) return { kind: "request", retry: retry + 1 };
  if (!isOver) return { kind: "wait" };
  const code = progress.assembly_outcome ?? "environment";
  const detail = "the assembled product could not be judged; it is tried again every 5 minutes";
  return { kind: "ask", code, detail };
}
