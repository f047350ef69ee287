import type { Tree } from "@aura/shared/models/tree";
import { applyPatch, parsePatch } from "diff";
import { describe, expect, test } from "vitest";
import { treeDiff } from "../../src/http/tree-diff.ts";

const tree = (files: Record<string, string | Buffer>): Tree =>
  new Map(Object.entries(files).map(([path, body]) => [path, Buffer.from(body)]));

describe("a diff of two trees", () => {
  test("is empty when they are the same", () => {
    expect(treeDiff(tree({ a: "x\n" }), tree({ a: "x\n" }))).toBe("");
  });

  test("names changed, new and deleted files as git does", () => {
    const text = treeDiff(tree({ "a.txt": "1\n2\n3\n", gone: "bye\n" }), tree({ "a.txt": "1\ntwo\n3\n", new: "hi" }));
    expect(text).toBe(
      [
        "diff --git a/a.txt b/a.txt",
        "--- a/a.txt",
        "+++ b/a.txt",
        "@@ -1,3 +1,3 @@",
        " 1",
        "-2",
        "+two",
        " 3",
        "diff --git a/gone b/gone",
        "deleted file mode 100644",
        "--- a/gone",
        "+++ /dev/null",
        "@@ -1,1 +0,0 @@",
        "-bye",
        "diff --git a/new b/new",
        "new file mode 100644",
        "--- /dev/null",
        "+++ b/new",
        "@@ -0,0 +1,1 @@",
        "+hi",
        "\\ No newline at end of file",
        "",
      ].join("\n"),
    );
  });

  test("can be applied", () => {
    const before = Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join("");
    const after = before.replace("line 50\n", "").replace("line 7\n", "seven\nand a half\n");
    const [patch] = parsePatch(treeDiff(tree({ f: before }), tree({ f: after })));
    expect(patch === undefined ? false : applyPatch(before, patch)).toBe(after);
  });

  test("only names binary files", () => {
    expect(treeDiff(tree({}), tree({ "x.bin": Buffer.from([0, 1]) }))).toContain("Binary files differ");
  });
});
