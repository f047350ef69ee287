import type { Snapshot } from "./follow-run.ts";
import { runText, stateOf, taskLine } from "./run-text.ts";
import type { Session } from "./session.ts";

/** Shows a run while it goes on: redrawn in place on a terminal, else one line for each thing that changed. */
export function openLiveView(session: Session): (snapshot: Snapshot) => void {
  return isRedrawn(session) ? redrawn(session) : linewise(session);
}

/** True when the live view leaves the last state on the screen, so that it need not be printed again. */
export function isRedrawn(session: Session): boolean {
  return session.terminal && !session.json();
}

function redrawn(session: Session): (snapshot: Snapshot) => void {
  let height = 0;
  return ({ run, tasks }) => {
    const columns = process.stdout.columns || 100;
    const lines = runText(run, tasks)
      .split("\n")
      .map((line) => line.slice(0, columns - 1));
    session.redraw(height, `${lines.join("\n")}\n`);
    height = lines.length;
  };
}

function linewise(session: Session): (snapshot: Snapshot) => void {
  const told = new Map<string, string>();
  const tell = (key: string, line: string) => {
    if (told.get(key) === line) return;
    told.set(key, line);
    session.tell(line);
  };
  return ({ run, tasks }) => {
    for (const task of tasks) tell(task.id, taskLine(task));
    const { pass, total } = run.requirements;
    tell("requirements", `requirements: ${pass} of ${total} pass`);
    const wait = run.waiting_for?.owner === "director" ? `, waits: ${run.waiting_for.next_step}` : "";
    tell("run", `run ${stateOf(run)}${wait}`);
  };
}
