import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { KeyFolder } from "../../src/ledger/key-folder.ts";
import { HAND_OVER_FILE } from "../../src/ledger/signing-keys.ts";
import { temporaryFolder } from "./sealing.ts";

const PROGRAM = fileURLToPath(new URL("../../src/ledger/keys-main.ts", import.meta.url));

function keys(folder: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, AURA_LEDGER_FOLDER: folder };
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, ...args], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

test("a key is rotated, and the old one retired with a reason; the last one stays", () => {
  const path = temporaryFolder();
  const folder = new KeyFolder(path);
  expect(keys(path, "rotate")).toMatchObject({ status: 2, stderr: expect.stringContaining("no key to rotate") });
  folder.createKey();
  expect(keys(path, "retire", "1.key", "--reason", "old")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("only key"),
  });
  expect(keys(path, "rotate")).toMatchObject({ status: 0, stdout: expect.stringContaining("2.key") });
  expect(keys(path, "retire", "1.key")).toMatchObject({ status: 2, stderr: expect.stringContaining("--reason") });
  expect(keys(path, "retire", "1.key", "--reason", "a year old")).toMatchObject({ status: 0 });
  expect(folder.keys().map(({ file }) => file)).toEqual(["2.key"]);
  expect(folder.retired().map(({ file, reason }) => [file, reason])).toEqual([["1.retired", "a year old"]]);
  expect(keys(path, "list").stdout).toMatch(/^2\.key \S+\n$/);
});

test("the key for attestations is rotated by itself, and never handed over", () => {
  const path = temporaryFolder();
  const folder = new KeyFolder(join(path, "attestation"));
  folder.createKey();
  expect(keys(path, "rotate", "--attestation")).toMatchObject({ status: 0, stdout: expect.stringContaining("2.key") });
  expect(keys(path, "hand-over", "--attestation", "--reason", "gone")).toMatchObject({ status: 2 });
  expect(keys(path, "retire", "1.key", "--attestation", "--reason", "a year old")).toMatchObject({ status: 0 });
  expect([folder.keys().length, new KeyFolder(path).keys().length]).toEqual([1, 0]);
});

test("a hand-over is for a folder without keys, and wants a reason", () => {
  const path = temporaryFolder();
  expect(keys(path, "hand-over")).toMatchObject({ status: 2 });
  expect(keys(path, "hand-over", "--reason", "the disk broke")).toMatchObject({ status: 0 });
  expect(new KeyFolder(path).read(HAND_OVER_FILE)).toBe("the disk broke");
  new KeyFolder(path).createKey();
  expect(keys(path, "hand-over", "--reason", "again")).toMatchObject({ status: 2 });
  expect(keys(path)).toMatchObject({ status: 2, stderr: expect.stringContaining("rotate") });
});
