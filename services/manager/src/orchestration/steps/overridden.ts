import { readOverridden } from "../../db/orchestration-overridden.ts";
import { allDone, atomically, forEach, type Step, type StepDeps } from "../step.ts";

/** Changes whose task the Director declared verified land too, while they were judged on the head of now. */
export const landOverridden: Step = {
  name: "land_overridden",
  async run(deps) {
    const due = await readOverridden(deps.pool);
    return forEach(deps, "land an overridden change", due, (change) => land(deps, change));
  },
};

async function land(deps: StepDeps, change: { verification_id: string; key: string; title: string }): Promise<number> {
  const { verification_id, key, title } = change;
  const done = await atomically(deps, "land an overridden change", async (tx) => {
    allDone(
      await deps.verbs.landRevisions(tx, [{ verification_id, message: `${key}: ${title} (verdict overridden)` }]),
    );
  });
  return done ? 1 : 0;
}
