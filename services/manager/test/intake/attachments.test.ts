import type { AuraError } from "@aura/shared/problems";
import fc from "fast-check";
import { expect, test } from "vitest";
import { attachmentTree } from "../../src/intake/attachments.ts";

const attach = (...paths: string[]) => paths.map((path) => ({ path, content_base64: "aGk=" }));

test("attachments become a tree of their bytes", () => {
  const tree = attachmentTree(attach("data/a.csv", "b.txt"));
  expect([...tree.keys()]).toEqual(["data/a.csv", "b.txt"]);
  expect(tree.get("b.txt")?.toString()).toBe("hi");
});

test("all refused paths are named at once", () => {
  try {
    attachmentTree(attach("ok.txt", "../x", "/y"));
    expect.unreachable();
  } catch (error) {
    expect((error as AuraError).code).toBe("attachment_name_refused");
    expect((error as AuraError).issues.map(({ path }) => path)).toEqual([
      "prd.attachments.1.path",
      "prd.attachments.2.path",
    ]);
  }
});

test.each([
  ".git/config",
  "a/.GIT/hooks/pre-commit",
  ".git",
  "git~1/config",
  "a/.git. /x",
  ".git:x/y",
  ".g\u200cit/config",
])("a path inside a git folder is refused: %s", (path) => {
  expect(() => attachmentTree(attach(path))).toThrow(/attachment/);
});

test("files that only look like git's are taken", () => {
  expect([...attachmentTree(attach(".gitignore", "a.git/b", ".github/x", "git/x")).keys()]).toHaveLength(4);
});

test("no accepted path can leave a folder it is joined to", () => {
  const piece = fc.constantFrom("a", "..", ".", "/", "\\", "\u0000", "b.txt", " ", "~", "C:", "é", "\ud800");
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join("")),
      (path) => {
        try {
          attachmentTree(attach(path));
        } catch {
          return;
        }
        expect(path.startsWith("/")).toBe(false);
        expect(path.split("/")).not.toContain("..");
        expect(path).not.toMatch(/[\\\p{Cc}]/u);
      },
    ),
    { numRuns: 500 },
  );
});
