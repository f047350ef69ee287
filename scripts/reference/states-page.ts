import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { APPROVAL_STATUSES, FINAL_RUN_STATUSES, RUN_STATUSES, STOP_REASONS } from "@aura/shared/enums/run";
import { FINAL_TASK_STATUSES, TASK_STATUSES, WAITING_CODES } from "@aura/shared/enums/task";
import { ROOT } from "../system/aura-home.ts";
import { code, page, table } from "./markdown.ts";

/** States and legal moves, from the rows that the migrations put into the transition tables. */
export function statesPage(): string {
  return page(
    "States",
    "Illegal moves are refused by the database, whoever asks: a trigger compares every change of status with these tables.",
    `## Tasks (\`task_queue.status\`)\n\nStates: ${words(TASK_STATUSES)}. A task does not leave ${words(FINAL_TASK_STATUSES)} by itself.`,
    moves(transitionRows("task_transitions")),
    `## Runs (\`orchestra_runs.status\`)\n\nStates: ${words(RUN_STATUSES)}. Final: ${words(FINAL_RUN_STATUSES)}. A final run says why: ${words(STOP_REASONS)}.`,
    moves(transitionRows("run_transitions")),
    `## Approvals (\`approvals.status\`)\n\n${words(APPROVAL_STATUSES)}. Only a pending one can be decided, once.`,
    `## What a run or task waits for (\`waiting_code\`)\n\n${words(WAITING_CODES)}`,
  );
}

function words(list: readonly string[]): string {
  return list.map(code).join(" ");
}

function moves(rows: readonly (readonly string[])[]): string {
  const byMove = Map.groupBy(rows, ([from = "", to = ""]) => `${from} ${to}`);
  const withVerbs = rows.some(([, , verb]) => verb !== undefined);
  const cells = [...byMove.values()].map((same) => {
    const [from = "", to = ""] = same[0] ?? [];
    return [code(from), code(to), words(same.flatMap(([, , verb]) => verb ?? []))].slice(0, withVerbs ? 3 : 2);
  });
  return table(["from", "to", "verb"].slice(0, withVerbs ? 3 : 2), cells);
}

/** The `values` rows of `insert into <name>` in all migrations, in order. */
function transitionRows(name: string): string[][] {
  const folder = join(ROOT, "database", "migrations");
  const sql = readdirSync(folder)
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("\n");
  const inserts = sql.matchAll(new RegExp(`insert into ${name}\\b[^;]*?\\bvalues\\b([^;]*);`, "g"));
  const rows = [...inserts].flatMap(([, values = ""]) =>
    [...values.matchAll(/\(([^)]*)\)/g)].map(([, row = ""]) => row),
  );
  if (rows.length === 0) throw new Error(`The migrations put no row into ${name}.`);
  return rows.map((row) => [...row.matchAll(/'([^']*)'/g)].map(([, word = ""]) => word));
}
