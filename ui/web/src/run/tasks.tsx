import type { Task } from "@aura/shared/schemas/api/task";
import type { PanelAction } from "@aura/shared/schemas/panel-document";
import { getAll } from "../lib/api.ts";
import { words } from "../lib/format.ts";
import { useLoaded } from "../lib/loaded.ts";
import { linkTo } from "../lib/router.ts";
import { Actions } from "../parts/actions.tsx";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty, Status, Time } from "../parts/shown.tsx";
import { TaskDetailView } from "./task-detail.tsx";

/** The tasks of a run in their order; the address names the one that is open. */
export function Tasks({
  run_id,
  chosen,
  actions,
}: {
  run_id: string;
  chosen: string | undefined;
  actions: readonly PanelAction[];
}) {
  const { value, error, reload } = useLoaded(
    `tasks ${run_id}`,
    () => getAll<Task>(`/v1/runs/${run_id}/tasks`),
    (event) => event.run_id === run_id,
  );
  if (value === null) return error === null ? <Empty>Reading …</Empty> : <ProblemNote error={error} />;
  return (
    <section class="card">
      <h2>Tasks</h2>
      <ProblemNote error={error} />
      {value.length === 0 && <Empty>The run has no task yet; the Manager makes the first one.</Empty>}
      <ol class="tasks">
        {value.map((task) => (
          <li key={task.id} class={task.waiting_for?.owner === "director" ? "mine" : ""}>
            <p class="task-line">
              <a
                href={task.id === chosen ? linkTo("runs", run_id, "tasks") : linkTo("runs", run_id, "tasks", task.id)}
                aria-expanded={task.id === chosen}
              >
                <strong>{task.key}</strong> {task.title}
              </a>
              <Status word={task.status} />
              <span class="who">
                {words(task.kind)}
                {task.agent_slug === null ? "" : `, ${task.agent_slug}`}
                {task.attempt > 0 && `, attempt ${task.attempt}`}
                {task.failures > 0 && `, ${task.failures} charged`}
                {task.overridden && ", verdict overridden by a Director"}
              </span>
            </p>
            {task.waiting_for !== null && (
              <p class="hint">
                {words(task.waiting_for.reason)} <Time at={task.waiting_for.since} />: {task.waiting_for.next_step}
                {task.waiting_for.detail !== null && <span> {task.waiting_for.detail}</span>}
              </p>
            )}
            {task.waiting_for?.owner === "director" && (
              <Actions actions={actions} row={{ task_id: task.id }} onDone={reload} />
            )}
            {task.id === chosen && <TaskDetailView task_id={task.id} />}
          </li>
        ))}
      </ol>
    </section>
  );
}
