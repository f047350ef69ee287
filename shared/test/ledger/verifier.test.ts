import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { parseVerifier } from "@aura/shared/ledger/notes";
import { describe as tell } from "@aura/shared/ledger/verifier/describe";
import { verify } from "@aura/shared/ledger/verifier/verify";
import { longExport, sampleExport } from "@aura/shared/testing/sample-export";
import { runExport, tileFiles } from "@aura/shared/testing/sample-files";
import {
  exportText,
  logSigner,
  type SampleExport,
  SampleLog,
  signedNote,
  WITNESS,
} from "@aura/shared/testing/sample-log";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const LEDGER = fileURLToPath(new URL("../../src/ledger/", import.meta.url));
const KEYS = [logSigner(1), logSigner(2)].map(({ verifier }) => verifier.text);
const RUN_ID = "01a208ec-0000-7000-800a-000000000002";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aura-verifier-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string | Buffer): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const check = (path: string, given: { keys?: string[]; witnesses?: string[]; checkpoints?: string[] } = {}) =>
  verify(path, { keys: KEYS, witnesses: [], checkpoints: [], ...given });

describe("what is sound", () => {
  test("an export with a restored backup, two keys, and payloads that are gone for a reason", async () => {
    const kept = sampleExport().checkpoints.map(({ note }, n) => write(`kept-${n}`, note));
    const found = await check(write("log.jsonl", exportText(sampleExport())), {
      witnesses: [WITNESS.verifier.text],
      checkpoints: kept,
    });
    expect(found).toMatchObject({
      exit: 0,
      summary: {
        kind: "export",
        events: 94,
        checkpoints: 7,
        kept_checkpoints: 7,
        runs_sealed: 4,
        payloads: { kept: 8, erased: 1, archived: 3 },
        witnessed_by: ["witness.example"],
        not_checked: ["payloads in the archive: it was not given"],
      },
    });
  });

  test("the same packed, and keys from a file", async () => {
    const keys = write("keys", `${KEYS.join("\n")}\n`);
    const found = await check(write("log.jsonl.gz", gzipSync(exportText(sampleExport()))), { keys: [`@${keys}`] });
    expect(found.exit).toBe(0);
  });

  test("an older export beside the checkpoints of its time", async () => {
    const log = sampleExport();
    const older = { ...log, events: log.events.slice(0, 60), checkpoints: log.checkpoints.slice(0, 3) };
    older.head = { ...log.head, origin: logSigner(1).verifier.name, size: 60 };
    older.end = { kind: "end", events: 60, checkpoints: 3 };
    const kept = [write("kept-older", log.checkpoints[1]?.note ?? "")];
    expect(await check(write("older.jsonl", exportText(older)), { checkpoints: kept })).toMatchObject({ exit: 0 });
  });

  test("a log without events", async () => {
    const note = signedNote(logSigner(1).verifier.name, { size: 0, roots: [] }, [logSigner(1)]);
    const empty: SampleExport = {
      head: { kind: "log", format: "aura-export/1", origin: logSigner(1).verifier.name, size: 0 },
      events: [],
      checkpoints: [{ kind: "checkpoint", note }],
      end: { kind: "end", events: 0, checkpoints: 1 },
    };
    expect(await check(write("empty.jsonl", exportText(empty)))).toMatchObject({ exit: 0, summary: { events: 0 } });
  });

  test("the events of one run, with what a run cannot show", async () => {
    const file = write("pack/events.jsonl", exportText(runExport(sampleExport(), RUN_ID)));
    const kept = [write("kept-newest", sampleExport().checkpoints.at(-1)?.note ?? "")];
    const found = await check(dirname(file), { checkpoints: kept });
    expect(found).toMatchObject({ exit: 0, summary: { kind: "run", events: 41, size: 94, runs_sealed: 2 } });
    expect(tell(found)).toContain("Not checked: whether the log is whole outside of this run.");
  });

  test("a folder of tiles, with a kept checkpoint of an earlier size", async () => {
    for (const [path, content] of tileFiles(longExport())) write(`tiles/${path}`, content);
    const kept = [write("kept-tiles", longExport().checkpoints[0]?.note ?? "")];
    const found = await check(join(folder, "tiles"), { checkpoints: kept, witnesses: [WITNESS.verifier.text] });
    expect(found).toMatchObject({ exit: 0, summary: { kind: "tiles", events: 328, kept_checkpoints: 1 } });
  });
});

test("a key that the note does not need is no matter, and what strangers sign is ignored", async () => {
  const log = sampleExport();
  const note = log.checkpoints[1]?.note ?? "";
  log.checkpoints[1] = { kind: "checkpoint", note: note.replace(/\n— (\S+) \S+\n$/u, "\n— $1 AAAAAAAA\n") };
  const file = write("stranger.jsonl", exportText(log));
  expect((await check(file, { keys: [...KEYS, logSigner(3).verifier.text] })).exit).toBe(0);
  expect(parseVerifier(KEYS[0] ?? "").name).toBe(logSigner(1).verifier.name);
});

test("every missing file is told, and none is taken for sound", async () => {
  const file = write("log2.jsonl", exportText(sampleExport()));
  const each = [
    await check(join(folder, "nowhere")),
    await check(write("empty-folder/other", "")),
    await check(dirname(write("empty-folder/other", ""))),
    await check(write("broken.jsonl.gz", "no gzip")),
    await check(file, { checkpoints: [join(folder, "nowhere")] }),
    await check(file, { keys: ["@nowhere"] }),
    await check(file, { keys: [] }),
  ];
  expect(each.map(({ exit }) => exit)).toEqual([2, 2, 2, 2, 2, 2, 2]);
  for (const found of each) expect(tell(found)).toMatch(/^Cannot tell: .+\nNothing was proved/);
});

describe("by itself", () => {
  const run = (...argv: string[]) =>
    spawnSync(process.execPath, [join(folder, "copied/verifier/main.ts"), ...argv], { encoding: "utf8" });
  beforeAll(() => cpSync(LEDGER, join(folder, "copied"), { recursive: true }));

  test("copied to another place it checks with nothing but Node, and exits with its answer", () => {
    const file = write("log3.jsonl", exportText(sampleExport()));
    const keys = KEYS.flatMap((key) => ["--key", key]);
    const sound = run(file, ...keys, "--json");
    expect([sound.status, JSON.parse(sound.stdout), sound.stderr]).toMatchObject([0, { outcome: "sound" }, ""]);
    const changed = write("changed.jsonl", exportText(sampleExport()).replace('"seq":7,', '"seq":8,'));
    expect(run(changed, ...keys)).toMatchObject({ status: 1, stdout: expect.stringMatching(/^TAMPERED\. Event 7: /) });
    expect(run(changed, ...keys, "--json")).toMatchObject({ status: 1, stdout: expect.stringContaining('"seq":7') });
    expect(run(file)).toMatchObject({ status: 2, stdout: expect.stringMatching(/^Cannot tell: no key/) });
  });

  test.each([[[]], [["a", "b"]], [["a", "--unknown"]], [["a", "--key"]]])(
    "called with %j it exits with 2 and says how it is called",
    (argv) => {
      expect(run(...argv)).toMatchObject({ status: 2, stderr: expect.stringContaining("PATH is an export") });
    },
  );
});

test("a log is checked in less memory than it is long", () => {
  const events = [];
  const log = new SampleLog();
  for (let n = 0; n < 1000; n++) events.push(log.event({ event_type: "thing.changed" }, "x".repeat(40_000)));
  log.checkpoint([logSigner(1)]);
  const origin = logSigner(1).verifier.name;
  const file = write(
    "large.jsonl",
    exportText({
      head: { kind: "log", format: "aura-export/1", origin, size: 1000 },
      events,
      checkpoints: log.notes.map((note) => ({ kind: "checkpoint", note })),
      end: { kind: "end", events: 1000, checkpoints: 1 },
    }),
  );
  const limited = ["--max-old-space-size=24", join(LEDGER, "verifier/main.ts"), file, "--key", KEYS[0] ?? ""];
  expect(execFileSync(process.execPath, limited, { encoding: "utf8" })).toMatch(/^Sound: 1000 events/);
});
