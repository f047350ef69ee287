import { putJson, readJson } from "@aura/shared/postgres/blobs";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { readRequirements } from "../db/orchestration-specification.ts";
import type { Submission } from "../db/orchestration-submissions.ts";
import { draft } from "./planned-tasks.ts";
import { allDone, atomically, type StepDeps } from "./step.ts";

/**
 * Sends an overridden change back. Its task stays verified and marked, as the Director said; what it did not bring into
 * the head is done by a task of the same scope in its place, which knows why.
 */
export async function workAgain(deps: StepDeps, submission: Submission, why: string): Promise<number> {
  const { run_id, task_id, key, title, spec_sha256, verification_id } = submission;
  const done = await atomically(deps, "do an overridden change again", async (tx) => {
    const spec = { ...(await readJson(tx, spec_sha256, TaskSpec)), note: why, verification_id };
    const requirements = (await readRequirements(tx, run_id))
      .filter(({ content }) => spec.requirement_ids.includes(content.id))
      .map(({ requirement_id, content }) => ({ requirement_id, closes: spec.closes.includes(content.id) }));
    const { spec: _, ...task } = draft(run_id, `${key}-AGAIN`, "implement", `Again: ${title}`.slice(0, 200), {
      spec,
      depends_on: [task_id],
      repairs_task_id: task_id,
      requirements,
    });
    allDone(await deps.verbs.addTasks(tx, run_id, [{ ...task, spec_sha256: await putJson(tx, spec) }]));
  });
  return done ? 1 : 0;
}
