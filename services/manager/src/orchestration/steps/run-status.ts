import { readProgress } from "../../db/orchestration-progress.ts";
import { moves, phaseOf, positionAtWork } from "../run-status.ts";
import { countDone, type Step } from "../step.ts";

/** Keeps the status of every run at work, and what it waits for, as its tasks and gates have it. */
export const mirrorRunStatus: Step = {
  name: "mirror_run_status",
  async run({ pool, verbs, log }) {
    const working = (await readProgress(pool)).filter((progress) => phaseOf(progress) === "work");
    const items = working.flatMap((progress) => {
      const position = positionAtWork(progress);
      return position === null || !moves(progress, position) ? [] : [{ run_id: progress.run_id, ...position }];
    });
    if (items.length === 0) return 0;
    return countDone(log, "move_runs", await verbs.moveRuns(pool, items));
  },
};
