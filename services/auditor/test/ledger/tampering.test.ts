import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { verify } from "@aura/shared/ledger/verifier/verify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Case, tamperingCases, writeCase } from "./tamperings.ts";

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "aura-tampering-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CASES = tamperingCases();

async function check(one: Case) {
  const folder = join(root, one.name);
  writeCase(folder, one);
  const checkpoints = one.kept.map((_, n) => join(folder, `kept-${n}.note`));
  return verify(join(folder, one.path), { keys: one.keys, witnesses: one.witnesses, checkpoints });
}

test.each(CASES)("$name is answered with $exit", async (one) => {
  const found = await check(one);
  const seq = found.outcome === "tampered" ? found.seq : null;
  expect({ exit: found.exit, seq, found }).toEqual({ exit: one.exit, seq: one.seq, found });
});

test("every tampering has a name of its own, and differs from what is sound", () => {
  expect(new Set(CASES.map(({ name }) => name)).size).toBe(CASES.length);
  const given = ({ files, keys, witnesses, kept }: Case) => JSON.stringify([[...files], keys, witnesses, kept]);
  const unchanged = CASES.filter(({ name }) => name.startsWith("sound-")).map((one) => given({ ...one, kept: [] }));
  expect(CASES.filter((one) => one.exit !== 0 && unchanged.includes(given(one))).map(({ name }) => name)).toEqual([]);
});

test("more than 150 of them are contradictions", () => {
  expect(CASES.filter(({ exit }) => exit === 1).length).toBeGreaterThan(150);
});
