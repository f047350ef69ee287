import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import { followRun, isOver } from "../follow-run.ts";
import { openLiveView } from "../live-view.ts";
import { resolveRun, resolveTask } from "../names.ts";
import { runLine, runText, taskText } from "../run-text.ts";
import type { Session } from "../session.ts";

export function addStatusCommands(program: Command, session: Session, fail: () => void): void {
  program
    .command("status")
    .argument("[run]", "a run's id, or latest; without it the newest runs are listed")
    .description("where a run stands and what it waits for")
    .action(async (name: string | undefined) => {
      const client = session.client();
      if (name === undefined) {
        const page = await client.call(OPERATIONS.listRuns, { query: { limit: 20 } });
        return session.show(page, page.data.map(runLine).join("\n") || "no runs yet: aura run PRD.md");
      }
      const run_id = await resolveRun(client, name);
      const run = await client.call(OPERATIONS.getRun, { params: { run_id } });
      const tasks = await client.call(OPERATIONS.listTasks, { params: { run_id }, query: { limit: 1000 } });
      session.show({ ...run, task_list: tasks.data }, runText(run, tasks.data));
    });

  program
    .command("task")
    .argument("<task>", "a task's id, or RUN:KEY as in latest:T1")
    .description("a task's attempts: how each ended, and what the Auditor found")
    .action(async (name: string) => {
      const client = session.client();
      const task_id = await resolveTask(client, name);
      const task = await client.call(OPERATIONS.getTask, { params: { task_id } });
      session.show(task, taskText(task));
    });

  program
    .command("watch")
    .argument("[run]", "a run's id, or latest", "latest")
    .description("follow a run until it is over")
    .action(async (name: string) => {
      const client = session.client();
      const end = await followRun(client, await resolveRun(client, name), openLiveView(session), isOver);
      if (session.json()) session.show(end.run, "");
      if (end.run.status !== "completed") fail();
    });
}
