import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { tamperingCases, writeCase } from "./tamperings.ts";

/**
 * A second verifier, in Python, with its own signatures and tree, written from docs/architecture/LEDGER_FORMAT.md by somebody who had seen
 * no other file of this repository: that both agree says that the document, and not one program, is what a log is checked by.
 */
const PROGRAM = fileURLToPath(new URL("second-verifier/answer_cases.py", import.meta.url));
/** Several things are wrong with it, and a checker may answer with the one that it meets first (section 11). */
const EITHER = new Set(["newest-dropped-checkpoint"]);

const folder = mkdtempSync(join(tmpdir(), "aura-cases-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a verifier written from the document alone accepts what is sound and refuses every tampering alike", {
  timeout: 120_000,
}, () => {
  const cases = tamperingCases();
  for (const one of cases) writeCase(join(folder, one.name), one);
  const lines = execFileSync("python3", [PROGRAM, folder], { encoding: "utf8", maxBuffer: 1 << 24 })
    .trim()
    .split("\n");
  const answers = new Map(lines.map((line) => JSON.parse(line)).map(({ name, exit }) => [name, exit]));
  const differing = cases.filter(({ name, exit }) => answers.get(name) !== exit && !EITHER.has(name));
  expect(differing.map(({ name, exit }) => [name, exit, answers.get(name)])).toEqual([]);
  expect(cases.length).toBeGreaterThan(200);
  for (const name of EITHER) expect(answers.get(name)).toBeGreaterThan(0);
});
