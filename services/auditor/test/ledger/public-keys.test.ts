import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signerOf } from "@aura/shared/ledger/notes";
import { expect, test } from "vitest";
import { publishTo } from "../../src/ledger/public-keys.ts";
import { knownKeys } from "../../src/witness/known-logs.ts";
import { temporaryFolder } from "./sealing.ts";

test("the witness believes the keys that sign, each for its log, and no key that was retired", () => {
  const folder = temporaryFolder();
  const publish = publishTo(folder);
  const [first, second] = [signerOf("log/1", randomBytes(32)), signerOf("log/1", randomBytes(32))];
  const other = signerOf("log/10", randomBytes(32));
  const known = () => new Set(knownKeys(folder).map(({ text }) => text));
  publish([other]);
  publish([first]);
  publish([first, second]);
  expect(known()).toEqual(new Set([first, second, other].map(({ verifier }) => verifier.text)));
  publish([second]);
  expect(known()).toEqual(new Set([second, other].map(({ verifier }) => verifier.text)));
  expect(readFileSync(join(folder, `${first.verifier.keyId}.retired`), "utf8")).toBe(`${first.verifier.text}\n`);
});

test("a public key is readable for everybody, and a torn one is written anew", () => {
  const folder = temporaryFolder();
  const { verifier, ...rest } = signerOf("log/1", randomBytes(32));
  const file = join(folder, `${verifier.keyId}.vkey`);
  writeFileSync(file, "");
  const before = process.umask(0o077);
  try {
    publishTo(folder)([{ verifier, ...rest }]);
  } finally {
    process.umask(before);
  }
  expect(readFileSync(file, "utf8")).toBe(`${verifier.text}\n`);
  expect(statSync(file).mode & 0o777).toBe(0o644);
  expect(readdirSync(folder)).toHaveLength(1);
});
