import type { Tree } from "@aura/shared/models/tree";
import { expect, test } from "vitest";
import { type DeltaGround, foreignPaths, testsToPass, validateDelta } from "../../src/validators/implement.ts";
import { acceptanceTest, codesOf, suite } from "./fixtures.ts";

const SUITE = suite(acceptanceTest("a", ["R1"]), acceptanceTest("b", ["R1", "R2"]), acceptanceTest("c", ["R3"]));

function tree(files: Record<string, string>): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
}

const BASE = tree({ "app/core.py": "x = 1\n" });

function delta(...changes: [string, string | null][]) {
  const list = changes.map(([path, content]) => ({ path, content }));
  return { base_tree_sha256: "", changes: list, summary: "", disputes: [] };
}

function ground(landing: Tree, given: Tree = BASE): DeltaGround {
  return { base: BASE, tree: landing, given, file_scope: ["app/**"], suite: SUITE };
}

test("a change inside its scope is sound", () => {
  const product = delta(["app/core.py", "x = 2\n"]);
  expect(validateDelta(product, ground(tree({ "app/core.py": "x = 2\n" })))).toEqual([]);
});

test("a change that changes nothing is refused", () => {
  expect(codesOf(validateDelta(delta(["app/core.py", "x = 1\n"]), ground(BASE)))).toEqual(["delta_empty"]);
});

test("a file outside the scope is named, deleted ones too", () => {
  const landing = tree({ "app/core.py": "x = 2\n", "setup.py": "" });
  const product = delta(["app/core.py", "x = 2\n"], ["setup.py", ""], ["app.cfg", null]);
  const findings = validateDelta(product, ground(landing));
  expect(findings.map(({ code, subject }) => [code, subject])).toEqual([
    ["out_of_scope", "app.cfg"],
    ["out_of_scope", "setup.py"],
  ]);
});

test("an acceptance test's body is found in the product, however it is laid out", () => {
  const copy = `/*\n  await product.cli([]);\n  assert.equal(1,\n 1);\n*/`;
  const product = delta(["app/core.py", copy]);
  expect(codesOf(validateDelta(product, ground(tree({ "app/core.py": copy }))))).toContain("test_body_in_tree");
});

test("a tree that says something else than what was sent is not the developer's", () => {
  const product = delta(["app/core.py", "x = 2\n"]);
  const smuggled = tree({ "app/core.py": "x = 2\n", "app/back.py": "door" });
  expect(foreignPaths(product, ground(smuggled))).toEqual(["app/back.py"]);
  expect(foreignPaths(product, ground(BASE))).toEqual(["app/core.py"]);
});

test("what the developer was given on top of the head belongs to the change, and what landed meanwhile does not", () => {
  const given = tree({ "app/core.py": "x = 1\n", "app/best.py": "kept" });
  const base = tree({ "app/core.py": "x = 1\n", "docs.md": "landed meanwhile" });
  const landing = tree({ "app/core.py": "x = 2\n", "app/best.py": "kept", "docs.md": "landed meanwhile" });
  const product = delta(["app/core.py", "x = 2\n"]);
  expect(foreignPaths(product, { ...ground(landing, given), base })).toEqual([]);
});

test("a test closes once everything that it is about is closed or waived", () => {
  const chosen = (closed: string[], waived: string[] = [], held: string[] = []) =>
    testsToPass(SUITE, { closed: new Set(closed), waived: new Set(waived) }, new Set(held)).map(({ id }) => id);
  expect(chosen(["R1"])).toEqual(["a"]);
  expect(chosen(["R1", "R2"])).toEqual(["a", "b"]);
  expect(chosen(["R1"], ["R2"])).toEqual(["a", "b"]);
  expect(chosen(["R3"], ["R3"])).toEqual([]);
  expect(chosen([], [], ["b"])).toEqual(["b"]);
});
