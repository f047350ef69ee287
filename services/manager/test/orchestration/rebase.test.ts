import { describe, expect, it } from "vitest";
import { rebase } from "../../src/orchestration/rebase.ts";

const tree = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));
const texts = (result: ReadonlyMap<string, Buffer>) =>
  Object.fromEntries([...result].map(([path, body]) => [path, body.toString()]));

describe("rebase", () => {
  it("carries changes, additions and deletions over to a head that changed elsewhere", () => {
    const base = tree({ a: "1", b: "1", c: "1" });
    const work = tree({ a: "2", c: "1", d: "new" });
    const head = tree({ a: "1", b: "1", c: "other", e: "theirs" });
    const { tree: result, conflictPaths } = rebase(base, work, head);
    expect(conflictPaths).toEqual([]);
    expect(texts(result)).toEqual({ a: "2", c: "other", d: "new", e: "theirs" });
  });

  it("names a path that both sides changed and keeps the head's version", () => {
    const { tree: result, conflictPaths } = rebase(tree({ a: "1" }), tree({ a: "2" }), tree({ a: "3" }));
    expect(conflictPaths).toEqual(["a"]);
    expect(texts(result)).toEqual({ a: "3" });
  });

  it("is no conflict where both sides did the same, or where both deleted", () => {
    const same = rebase(tree({ a: "1", b: "1" }), tree({ a: "2" }), tree({ a: "2" }));
    expect(same.conflictPaths).toEqual([]);
    expect(texts(same.tree)).toEqual({ a: "2" });
  });

  it("conflicts where one side deleted what the other changed", () => {
    expect(rebase(tree({ a: "1" }), tree({}), tree({ a: "2" })).conflictPaths).toEqual(["a"]);
    expect(rebase(tree({ a: "1" }), tree({ a: "2" }), tree({})).conflictPaths).toEqual(["a"]);
  });
});
