import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { verify } from "@aura/shared/ledger/verifier/verify";
import { exportOf, sampleEvents } from "@aura/shared/testing/sample-export";
import { exportText, logSigner, SampleLog, WITNESS } from "@aura/shared/testing/sample-log";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";

const RUNS = 60;
const TRUSTED = { keys: [logSigner().verifier.text], witnesses: [WITNESS.verifier.text], checkpoints: [] };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-fuzz-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** One run, three checkpoints, one signature under each, and one cosignature: no line that a checker ignores. */
function sample(): Buffer {
  const log = new SampleLog();
  const events = [];
  for (const event of sampleEvents(log, 1)) {
    events.push(event);
    if (event.seq === 10 || event.seq === 30) log.checkpoint();
  }
  log.checkpoint(undefined, [WITNESS]);
  return Buffer.from(exportText(exportOf(log, events)));
}

const SAMPLE = sample();
const place = fc.integer({ min: 0, max: SAMPLE.length - 1 });

async function exitOf(bytes: Buffer, name = "export.jsonl"): Promise<number> {
  const file = join(folder, name);
  writeFileSync(file, bytes);
  return (await verify(file, TRUSTED)).exit;
}

test("untouched it is sound, packed as well", async () => {
  expect(await exitOf(SAMPLE)).toBe(0);
  expect(await exitOf(gzipSync(SAMPLE), "export.jsonl.gz")).toBe(0);
});

test("whatever byte is changed, it is not", async () => {
  const change = fc.tuple(place, fc.integer({ min: 1, max: 255 }));
  const found = fc.asyncProperty(change, async ([at, mask]) => {
    const bytes = Buffer.from(SAMPLE);
    bytes[at] = (bytes[at] ?? 0) ^ mask;
    expect(await exitOf(bytes)).not.toBe(0);
  });
  await fc.assert(found, { numRuns: RUNS });
});

test("nor when one is left out or added", async () => {
  const change = fc.tuple(place, fc.constantFrom("", " ", "\n", "0", '"', "}"));
  const found = fc.asyncProperty(change, async ([at, added]) => {
    const rest = SAMPLE.subarray(added === "" ? at + 1 : at);
    expect(await exitOf(Buffer.concat([SAMPLE.subarray(0, at), Buffer.from(added), rest]))).not.toBe(0);
  });
  await fc.assert(found, { numRuns: RUNS });
});

test("cut off anywhere, it cannot be told", async () => {
  const found = fc.asyncProperty(place, async (length) => {
    expect(await exitOf(SAMPLE.subarray(0, length))).toBe(2);
  });
  await fc.assert(found, { numRuns: RUNS });
  const packed = gzipSync(SAMPLE);
  expect(await exitOf(packed.subarray(0, packed.length / 2), "export.jsonl.gz")).toBe(2);
});
