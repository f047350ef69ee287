import type { RunStatus } from "@aura/shared/enums/run";
import type { Progress } from "../db/orchestration-progress.ts";

export interface RunPosition {
  readonly status: RunStatus;
  readonly code: string | null;
  readonly detail: string | null;
}

/** Seconds without any change before a run in which nothing can move is called stuck. */
const STUCK_S = 30;

/** What decides about a run now: its tasks, the judgement of its assembled head, or the Director's partial delivery. */
export function phaseOf(progress: Progress): "work" | "assembly" | "partial" {
  if (progress.delivery_partial) return "partial";
  const { plan_used, open_tasks, unlanded_overrides } = progress;
  return plan_used && open_tasks + unlanded_overrides === 0 ? "assembly" : "work";
}

/**
 * Where a run stands while it has tasks: working while anything moves (what is waited for shows beside it), waiting for
 * the Director when nothing else can move, and never silently still.
 *
 * @returns null while there is nothing to say: something changed a moment ago and the next tick goes on with it
 */
export function positionAtWork(progress: Progress): RunPosition | null {
  const [wait] = progress.waits;
  if (progress.moving_tasks > 0) {
    const { code, detail } = wait ?? starvation(progress) ?? progress.provider_wait ?? NOTHING;
    return { status: workingStatus(progress), code, detail };
  }
  if (wait !== undefined) return { status: "awaiting_director", code: wait.code, detail: wait.detail };
  if (progress.quiet_s < STUCK_S) return null;
  const detail = "no task of this run can go on: retry or cancel tasks, deliver what there is, or cancel the run";
  return { status: "awaiting_director", code: "stuck", detail };
}

const NOTHING = { code: null, detail: null };

function starvation({ starved }: Progress): { code: string; detail: string } | null {
  if (!starved) return null;
  return { code: "nobody_eligible", detail: "no agent runtime is alive; work goes on as soon as one is" };
}

/** A run does not go back to planning once it executes: its plan is revised while it stays where it is. */
function workingStatus({ plan_used, status }: Progress): RunStatus {
  if (plan_used) return "executing";
  return status === "executing" || status === "delivering" ? status : "planning";
}

/** True when the run does not stand there yet. */
export function moves(progress: Progress, position: RunPosition): boolean {
  const { status, waiting_code, waiting_detail } = progress;
  return status !== position.status || waiting_code !== position.code || waiting_detail !== position.detail;
}
