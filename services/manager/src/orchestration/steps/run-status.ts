import { type Progress, readProgress } from "../../db/orchestration-progress.ts";
import { moves, phaseOf, positionAtWork, type RunPosition } from "../run-status.ts";
import { countDone, type Step } from "../step.ts";

/** Keeps the status of every open run, and what it waits for, as its tasks and gates have it. */
export const mirrorRunStatus: Step = {
  name: "mirror_run_status",
  async run({ pool, verbs, log, failures }) {
    const items = (await readProgress(pool)).flatMap((progress) => {
      const position = positionOf(progress, failures.stuckIn(progress.run_id));
      return position === null || !moves(progress, position) ? [] : [{ run_id: progress.run_id, ...position }];
    });
    if (items.length === 0) return 0;
    return countDone(log, "move_runs", await verbs.moveRuns(pool, items));
  },
};

/** A run in which a step fails again and again waits for a person, whatever its phase, until that step succeeds. */
function positionOf(progress: Progress, stuck: string | null): RunPosition | null {
  if (stuck !== null) return { status: "awaiting_director", code: "stuck", detail: stuck };
  switch (phaseOf(progress)) {
    case "work":
      return positionAtWork(progress);
    case "partial":
      return { status: "delivering", code: null, detail: null };
    case "assembly":
      return null; // steps/assembly.ts says
  }
}
