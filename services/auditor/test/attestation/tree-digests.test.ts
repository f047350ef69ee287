import { execFileSync, execSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Tree, treeSha256 } from "@aura/shared/models/tree";
import { expect, onTestFinished, test } from "vitest";
import { treeDigests } from "../../src/attestation/tree-digests.ts";

/** Names whose order is another one for git, for C and for a naive sort. */
const TREE: Tree = new Map([
  ["b/x.py", Buffer.from("x\n")],
  ["b.txt", Buffer.from("between b and b/ in git\n")],
  ["b-1", Buffer.from([0, 255])],
  ["Z", Buffer.alloc(0)],
  ["docs/über/a.md", Buffer.from("ä")],
  ["docs/zz", Buffer.from("1")],
  ["a/b/c/d", Buffer.from("deep")],
]);

function folderOf(tree: Tree): string {
  const folder = mkdtempSync(join(tmpdir(), "aura-digests-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, body] of tree) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), body);
  }
  return folder;
}

test("git and sha256sum compute the same digests of the files as we do", () => {
  const cwd = folderOf(TREE);
  const { sha256, dirHash, gitTree } = treeDigests(TREE);
  expect(sha256).toBe(treeSha256(TREE));
  const listed = "find . -type f | cut -c3- | LC_ALL=C sort | xargs -r sha256sum | sha256sum | cut -f1 -d' '";
  expect(execSync(listed, { cwd, encoding: "utf8" }).trim()).toBe(dirHash);
  const env = { PATH: process.env.PATH, HOME: cwd, GIT_CONFIG_NOSYSTEM: "1" };
  const git = (...args: string[]) => execFileSync("git", args, { cwd, env, encoding: "utf8" }).trim();
  git("init", "-q");
  git("add", "-A", ".");
  expect(git("write-tree")).toBe(gitTree);
});

test("a digest tells a changed byte, a moved file and a missing one", () => {
  const others: Tree[] = [
    new Map([...TREE, ["Z", Buffer.from(" ")]]),
    new Map([...TREE].map(([path, body]) => [path === "Z" ? "z" : path, body])),
    new Map([...TREE].slice(1)),
  ];
  const known = treeDigests(TREE);
  for (const other of others)
    for (const [name, value] of Object.entries(treeDigests(other))) expect(value).not.toBe(known[name as "sha256"]);
});
