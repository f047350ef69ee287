import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listHostile, measureHostile, readHostile, writeHostile } from "../../src/sandbox/hostile-folder.ts";
import { emptyFolder } from "../../src/sandbox/scratch.ts";

let base: string;
let root: string;
const nobody = () => undefined;

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "hostile-"));
  root = join(base, "work");
  mkdirSync(root);
  writeFileSync(join(base, "secret"), "secret");
});
afterEach(() => rmSync(base, { recursive: true }));

test("files are written, read and listed below the folder", () => {
  writeHostile(root, "a/b/c.txt", Buffer.from("one"), nobody);
  writeHostile(root, "a/b/c.txt", Buffer.from("two"), nobody);
  expect(readHostile(root, "a/b/c.txt", 10)?.toString()).toBe("two");
  expect(listHostile(root, 100)).toEqual(["a/b/c.txt"]);
  expect(measureHostile(root, 100)).toMatchObject({ entries: 3, largest: 3 });
});

test("no link leads out, neither as the file nor as a folder on the way", () => {
  symlinkSync(join(base, "secret"), join(root, "file"));
  symlinkSync(base, join(root, "folder"));
  expect(readHostile(root, "file", 100)).toBeNull();
  expect(readHostile(root, "folder/secret", 100)).toBeNull();
  expect(() => writeHostile(root, "folder/new", Buffer.from("x"), nobody)).toThrow();
  expect(existsSync(join(base, "new"))).toBe(false);
  expect(listHostile(root, 100)).toEqual([]);
});

test("writing replaces a link instead of following it", () => {
  symlinkSync(join(base, "secret"), join(root, "file"));
  writeHostile(root, "file", Buffer.from("mine"), nobody);
  expect(readFileSync(join(base, "secret"), "utf8")).toBe("secret");
  expect(readHostile(root, "file", 100)?.toString()).toBe("mine");
});

test("a pipe does not hang the reader, and a large file is not read", () => {
  execFileSync("/usr/bin/mkfifo", [join(root, "pipe")]);
  writeFileSync(join(root, "large"), Buffer.alloc(101));
  expect(readHostile(root, "pipe", 100)).toBeNull();
  expect(readHostile(root, "large", 100)).toBeNull();
});

test("counting stops at the bound", () => {
  for (let index = 0; index < 20; index += 1) writeFileSync(join(root, `f${index}`), "");
  expect(measureHostile(root, 10).entries).toBe(10);
});

test("what has a name that is no text is counted, and emptied", () => {
  const inner = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0xfe])]);
  mkdirSync(inner);
  writeFileSync(Buffer.concat([inner, Buffer.from("/"), Buffer.from([0xff])]), Buffer.alloc(5000));
  expect(measureHostile(root, 100)).toMatchObject({ entries: 2, largest: 5000 });
  expect(listHostile(root, 100)).toEqual(["\ufffd\ufffd/\ufffd"]);
  expect(emptyFolder(root)).toBe(true);
  expect(readdirSync(root)).toEqual([]);
});
