import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import { callVerb } from "@aura/shared/postgres/verbs";
import { allDone, MANAGER, type TestRun } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";

/** Tasks by their place in the list: on which earlier places each depends. */
export type Graph = readonly (readonly number[])[];

/** Key of the task at a place. Ready tasks of the same priority go in the order of their keys. */
export function keyAt(place: number): string {
  return `T${String(place).padStart(4, "0")}`;
}

/** Adds a graph of tasks in one call and tells the services. @returns their ids by place */
export async function addGraph(db: TestDatabase, run: TestRun, graph: Graph): Promise<string[]> {
  const spec_sha256 = await putJson(db.pools.manager, {});
  const ids = graph.map(() => newId());
  const tasks = graph.map((dependencies, place) => ({
    id: ids[place],
    kind: "review",
    key: keyAt(place),
    title: "A task",
    spec_sha256,
    depends_on: dependencies.map((other) => ids[other]),
    requirements: [],
  }));
  await allDone(callVerb(db.pools.manager, "add_tasks", MANAGER, run.run_id, tasks));
  await notifyTasks(db.pools.manager);
  return ids;
}
