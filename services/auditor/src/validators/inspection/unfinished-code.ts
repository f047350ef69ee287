import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts } from "../../sandbox/source-facts.ts";
import { type InspectionGround, isTestFile, note, productFiles, refusal } from "./ground.ts";

const MARK = /(?:#|\/\/|\/\*|^\s*\*).*\b(?:TODO|FIXME|XXX)\b/;
const SKIPPED =
  /^(?:unittest\.(?:skip(?:If|Unless)?|expectedFailure|SkipTest)|pytest\.(?:skip|mark\.(?:skip|xfail)\w*)|(?:test|test\.(?:it|test|describe|suite))\.(?:skip|todo|only))$/;

/** Functions of the plan that do nothing, and marks of work that was left for later. */
export function unfinishedCode(ground: InspectionGround): Finding[] {
  return [
    ...productFiles(ground).flatMap((file) => emptyFunctions(ground, file)),
    ...ground.inspection.files.flatMap((file) => skippedTests(file)),
    ...[...ground.tree].flatMap(([path, body]) => marks(ground, path, body)),
  ];
}

function emptyFunctions({ interfaces, isUnfinished }: InspectionGround, file: FileFacts): Finding[] {
  const planned = interfaces.modules.find(({ path }) => path === file.path);
  if (planned === undefined) return [];
  const promised = new Set(planned.symbols.filter(({ kind }) => kind === "function").map(({ name }) => name));
  const own = file.functions.filter(({ name, body }) => promised.has(name) && body !== "code");
  return own
    .filter(({ name }) => !file.functions.some((other) => other.name === name && other.body === "code"))
    .map(({ name, line, body }) => {
      const what = `the plan promises ${name}, and it ${body === "unimplemented" ? "only says that it is not implemented" : "does nothing"}.`;
      if (body === "nothing" || isUnfinished(file.path)) return note("function_empty", file.path, line, what);
      return refusal("function_empty", file.path, line, `${what} Write it.`);
    });
}

function skippedTests({ path, uses }: FileFacts): Finding[] {
  const skipped = isTestFile(path) ? uses.filter(({ name }) => SKIPPED.test(name)) : [];
  return skipped.slice(0, 1).map(({ line }) => note("test_skipped", path, line, "leaves out tests of its own."));
}

/** Only in sources; what a README says is to come is no part of the code. */
function marks({ inspection }: InspectionGround, path: string, body: Buffer): Finding[] {
  if (!inspection.files.some((file) => file.path === path)) return [];
  const index = body
    .toString("utf8")
    .split("\n")
    .findIndex((line) => line.length < 500 && MARK.test(line));
  return index < 0
    ? []
    : [note("left_for_later", path, index + 1, "says in a comment that something is still to be done.")];
}
