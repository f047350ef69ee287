import { RUN_STATUSES } from "@aura/shared/enums/run";
import { TASK_STATUSES } from "@aura/shared/enums/task";
import { PROBLEMS } from "@aura/shared/problems";
import { expect, test } from "vitest";
import { configurationPage } from "../reference/configuration-page.ts";
import { errorsPage } from "../reference/errors-page.ts";
import { cell, table } from "../reference/markdown.ts";
import { statesPage } from "../reference/states-page.ts";

test("every state is reached or left by a move in the tables", () => {
  const [, tasks = "", runs = ""] = statesPage().split(/^## /m);
  const inMoves = (section: string) =>
    [...section.matchAll(/^\| `(\w+)` \| `(\w+)` \|/gm)].flatMap(([, ...ends]) => ends);
  expect(new Set(inMoves(tasks))).toEqual(new Set(TASK_STATUSES));
  expect(new Set(inMoves(runs))).toEqual(new Set(RUN_STATUSES));
});

test("a variable that must be set says so, and one with a default shows it", () => {
  const page = configurationPage();
  expect(page).toMatch(/^\| `AURA_MANAGER_DATABASE_URL` \| required \|/m);
  expect(page).toMatch(/^\| `MANAGER_PORT` \| `8000` \| 0 to 65535 \|/m);
});

test("every error has a row that a link can name", () => {
  const page = errorsPage();
  expect(Object.keys(PROBLEMS).filter((code) => !page.includes(`<a id="${code}"></a>`))).toEqual([]);
});

test("a bar or a line break in a cell does not end the cell", () => {
  expect(table(["a"], [[cell("x | y\n  z")]])).toBe("| a |\n| --- |\n| x \\| y z |");
});
