import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cosignaturesOf } from "@aura/shared/ledger/checkpoints";
import { parseNote, parseVerifier } from "@aura/shared/ledger/notes";
import { expect, onTestFinished, test } from "vitest";
import { originId } from "../../src/witness/kept-checkpoints.ts";
import { temporaryFolder } from "../ledger/sealing.ts";
import { checkpointOf, GrownLog } from "./grown-log.ts";

const PROGRAM = fileURLToPath(new URL("../../src/witness/main.ts", import.meta.url));
const PATIENCE_MS = 60_000;

interface Folders {
  readonly own: string;
  readonly logs: string;
}

/** A witness as it is run: a process, on a port of its own choice. */
async function start({ own, logs }: Folders) {
  const env = { PATH: process.env.PATH, AURA_WITNESS_FOLDER: own, AURA_WITNESS_LOGS: logs, WITNESS_PORT: "0" };
  const child = spawn(process.execPath, [PROGRAM], { env, stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => kill(child));
  const url = await listeningAt(child);
  const add = async (log: GrownLog, from: number, to: number) => {
    const reply = await fetch(`${url}/add-checkpoint`, { method: "POST", body: log.wish(from, to) });
    return { status: reply.status, body: await reply.text() };
  };
  const text = async (path: string) => (await fetch(`${url}/${path}`)).text();
  const keptNote = (log: GrownLog) => text(`${originId(log.signer.verifier.name)}/checkpoint`);
  return { child, add, keptNote, key: async () => parseVerifier((await text("key")).trim()) };
}

async function listeningAt(child: ChildProcess): Promise<string> {
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error("the witness ended before it listened");
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

function foldersFor(log: GrownLog): Folders {
  const folder = temporaryFolder();
  const folders = { own: join(folder, "witness"), logs: join(folder, "logs") };
  mkdirSync(folders.logs);
  writeFileSync(join(folders.logs, "log.vkey"), `${log.signer.verifier.text}\n`);
  return folders;
}

test("a witness that is killed in the middle of its work comes back with all it ever cosigned, and with its key", {
  timeout: PATIENCE_MS,
}, async () => {
  const log = GrownLog.of(300);
  const folders = foldersFor(log);
  let [cosigned, key] = [0, ""];
  for (let life = 0; life < 3; life++) {
    const { child, add, keptNote, key: ownKey } = await start(folders);
    const verifier = await ownKey();
    if (life === 0) key = verifier.text;
    expect(verifier.text).toBe(key);
    if (cosigned > 0) {
      const note = parseNote(await keptNote(log));
      const { size } = checkpointOf(await keptNote(log));
      expect(size).toBeGreaterThanOrEqual(cosigned);
      expect(note.text).toBe(log.text(size));
      expect(cosignaturesOf(note, [verifier])).toHaveLength(1);
      expect(await add(log, cosigned - 1, cosigned)).toEqual({ status: 409, body: `${size}\n` });
      cosigned = size;
    }
    const [before, dying] = [cosigned, once(child, "exit")];
    for (let from = before; ; ) {
      if (from === before + 10 + life) setImmediate(() => child.kill("SIGKILL")); // with a request under way
      const reply = await add(log, from, from + 1).catch(() => null);
      if (reply === null) break;
      expect(reply.status).toBe(200);
      from = cosigned = from + 1;
    }
    await dying;
  }
  expect(cosigned).toBeGreaterThan(30);
});

test("two witnesses that share a folder by mistake never cosign two logs, and never go back", {
  timeout: PATIENCE_MS,
}, async () => {
  let honest = GrownLog.of(5);
  const folders = foldersFor(honest);
  const one = await start(folders);
  const two = await start(folders);
  expect((await one.key()).text).toBe((await two.key()).text);
  expect(await one.add(honest, 0, 5)).toMatchObject({ status: 200 });
  for (let round = 0; round < 60; round++) {
    const { size } = honest;
    const [left, right] = [honest.fork(size, size + 1, `left ${round}`), honest.fork(size, size + 2, `right ${round}`)];
    const replies = await Promise.all([one.add(left, size, left.size), two.add(right, size, right.size)]);
    const cosigned = [left, right].filter((_, index) => replies[index]?.status === 200);
    expect(cosigned.length).toBeLessThanOrEqual(1);
    for (const { status } of replies) expect([200, 409]).toContain(status);
    const [noteOne, noteTwo] = [await one.keptNote(honest), await two.keptNote(honest)];
    expect(noteOne).toBe(noteTwo);
    const kept = [honest, left, right].find((log) => log.text() === parseNote(noteOne).text);
    expect(kept).toBeDefined();
    if (cosigned[0] !== undefined) expect(kept).toBe(cosigned[0]);
    honest = kept as GrownLog;
  }
  expect(readdirSync(join(folders.own, "checkpoints")).length).toBeLessThanOrEqual(2);
});

test("the folder of a witness is its own, and it says at once what it lacks", { timeout: PATIENCE_MS }, async () => {
  const log = GrownLog.of(2);
  const folders = foldersFor(log);
  const { child } = await start(folders);
  for (const path of ["", "checkpoints"]) expect(statSync(join(folders.own, path)).mode & 0o777).toBe(0o700);
  expect(statSync(join(folders.own, "1.key")).mode & 0o777).toBe(0o600);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  const env = { AURA_WITNESS_FOLDER: "no/absolute/path" };
  const { status, stderr } = spawnSync(process.execPath, [PROGRAM], { env, encoding: "utf8" });
  expect([status, stderr]).toEqual([1, expect.stringMatching(/AURA_WITNESS_FOLDER.*AURA_WITNESS_LOGS/)]);
});
