import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { cosignaturesOf } from "@aura/shared/ledger/checkpoints";
import { COSIGNATURE, parseNote, signerOf, signText } from "@aura/shared/ledger/notes";
import { createLog } from "@aura/shared/log";
import { expect, onTestFinished, test } from "vitest";
import { buildWitness } from "../../src/witness/app.ts";
import { KeptCheckpoints, originId } from "../../src/witness/kept-checkpoints.ts";
import { knownKeys } from "../../src/witness/known-logs.ts";
import { temporaryFolder } from "../ledger/sealing.ts";
import { checkpointOf, GrownLog, wishOf } from "./grown-log.ts";

const TIME = 1_700_000_000;
const SIZE_TYPE = "text/x.tlog.size";

function witnessOf(...logs: readonly GrownLog[]) {
  const folder = temporaryFolder();
  const [checkpoints, keys] = [join(folder, "checkpoints"), join(folder, "logs")];
  mkdirSync(keys);
  for (const { signer } of logs) trust(keys, signer.verifier.text);
  const signer = signerOf("aura_orchestra/witness", randomBytes(32), COSIGNATURE);
  const open = () =>
    buildWitness({
      kept: new KeptCheckpoints(checkpoints),
      signer,
      keys: () => knownKeys(keys),
      now: () => TIME,
      log: createLog("witness", "silent"),
      version: "1",
    });
  const app = open();
  onTestFinished(() => app.close());
  const add = async (body: string | Buffer) => {
    const reply = await app.inject({
      method: "POST",
      url: "/add-checkpoint",
      headers: { "content-type": "text/plain" },
      payload: body,
    });
    return { status: reply.statusCode, type: reply.headers["content-type"], body: reply.body };
  };
  const keptNote = async (log: GrownLog) => {
    const reply = await app.inject(`/${originId(log.signer.verifier.name)}/checkpoint`);
    return reply.statusCode === 200 ? reply.body : null;
  };
  return { app, add, keptNote, signer, checkpoints, keys };
}

function trust(keys: string, text: string): void {
  writeFileSync(join(keys, `${randomBytes(4).toString("hex")}.vkey`), `${text}\n`);
}

test("a checkpoint that continues the newest one is cosigned and kept; one that is known already is cosigned again", async () => {
  const log = GrownLog.of(70);
  const { add, keptNote, signer } = witnessOf(log);
  expect(await keptNote(log)).toBeNull();
  for (const [from, to] of [
    [0, 1],
    [1, 7],
    [7, 64],
    [64, 70],
    [70, 70],
  ] as const) {
    const { status, body } = await add(log.wish(from, to));
    expect(status).toBe(200);
    const note = parseNote(`${log.note(to)}${body}`);
    expect(cosignaturesOf(note, [signer.verifier])).toEqual([{ witness: signer.verifier, time: TIME }]);
    const kept = parseNote((await keptNote(log)) ?? "");
    expect(kept.text).toBe(log.text(to));
    expect(cosignaturesOf(kept, [signer.verifier])).toHaveLength(1);
  }
});

test("an old size that is not the newest one is answered by the newest one, in the words of the protocol", async () => {
  const log = GrownLog.of(20);
  const { add, keptNote } = witnessOf(log);
  expect(await add(log.wish(5, 9))).toEqual({ status: 409, type: SIZE_TYPE, body: "0\n" });
  await add(log.wish(0, 12));
  for (const [from, to] of [
    [0, 12],
    [0, 20],
    [5, 9],
    [12 - 1, 12],
    [13, 20],
  ] as const)
    expect(await add(log.wish(from, to))).toEqual({ status: 409, type: SIZE_TYPE, body: "12\n" });
  expect(await keptNote(log)).toContain(log.text(12));
});

test("nothing is cosigned that does not continue the newest checkpoint: a fork, a shorter log, another root for the same size", async () => {
  const log = GrownLog.of(20);
  const { add, keptNote } = witnessOf(log);
  await add(log.wish(0, 12));
  const fork = log.fork(10, 20, "other");
  const before = await keptNote(log);
  expect(await add(fork.wish(12, 20))).toMatchObject({ status: 422 });
  expect(await add(fork.wish(12, 12))).toMatchObject({ status: 409, type: "text/plain; charset=utf-8" });
  expect(await add(log.wish(12, 20).replace("old 12", "old 11"))).toMatchObject({ status: 409, body: "12\n" });
  expect(await add(wishOf(12, [], log.note(20)))).toMatchObject({ status: 422 });
  expect(await add(wishOf(12, [...log.proof(12, 20), log.root()], log.note(20)))).toMatchObject({ status: 422 });
  expect(await add(wishOf(12, log.proof(12, 20).reverse(), log.note(20)))).toMatchObject({ status: 422 });
  expect(await add(wishOf(12, [log.root()], log.note(12)))).toMatchObject({ status: 422 });
  expect(await add(wishOf(12, [], log.note(11)))).toMatchObject({ status: 400 });
  expect(await keptNote(log)).toBe(before);
  expect(await add(log.wish(12, 20))).toMatchObject({ status: 200 });
});

test("an empty log has the root of nothing", async () => {
  const log = GrownLog.of(3);
  const { add } = witnessOf(log);
  const text = log.text(0).replace(/\n[^\n]+\n$/, `\n${log.root(3).toString("base64")}\n`);
  const forged = `${text}\n${signText(text, log.signer)}\n`;
  expect(await add(wishOf(0, [], forged))).toMatchObject({ status: 409, type: "text/plain; charset=utf-8" });
  expect(await add(log.wish(0, 0))).toMatchObject({ status: 200 });
  expect(await add(log.wish(0, 3))).toMatchObject({ status: 200 });
});

test("a key counts for the log that is its name; unknown signatures say nothing, and a wrong one by a known key ruins the note", async () => {
  const [log, other, stranger] = [GrownLog.of(4, "log/one"), GrownLog.of(4, "log/two"), GrownLog.of(4, "log/three")];
  const { add, keys } = witnessOf(log, other);
  expect(await add(stranger.wish(0))).toMatchObject({ status: 404 });
  const byOther = `${log.text()}\n${signText(log.text(), other.signer)}\n`;
  expect(await add(wishOf(0, [], byOther))).toMatchObject({ status: 403 });
  const namesake = signerOf("log/one", randomBytes(32));
  expect(await add(wishOf(0, [], log.note(4, [namesake])))).toMatchObject({ status: 403 });
  const wrong = `${log.text()}\n${signText(log.text(3), log.signer)}\n`;
  expect(await add(wishOf(0, [], wrong))).toMatchObject({ status: 403 });
  expect(await add(wishOf(0, [], `${wrong}${signText(log.text(), log.signer)}\n`))).toMatchObject({ status: 403 });

  const both = log.note(4, [namesake, stranger.signer, log.signer]);
  expect(await add(wishOf(0, [], both))).toMatchObject({ status: 200 });
  trust(keys, stranger.signer.verifier.text);
  expect(await add(stranger.wish(0))).toMatchObject({ status: 200 });
});

test("a cosignature key among the known ones, a file that is no key, and a folder that is not there give no trust", async () => {
  const log = GrownLog.of(2);
  const { add, keys } = witnessOf();
  trust(keys, signerOf(log.signer.verifier.name, randomBytes(32), COSIGNATURE).verifier.text);
  writeFileSync(join(keys, "torn.vkey"), log.signer.verifier.text.slice(0, -5));
  writeFileSync(join(keys, "bytes.vkey"), randomBytes(5000));
  mkdirSync(join(keys, "folder.vkey"));
  expect(await add(log.wish(0))).toMatchObject({ status: 404 });
  trust(keys, log.signer.verifier.text);
  expect(await add(log.wish(0))).toMatchObject({ status: 200 });
  rmSync(keys, { recursive: true });
  expect(await add(log.wish(2))).toMatchObject({ status: 404 });
});

test("hostile bodies are refused, and change nothing", async () => {
  const log = GrownLog.of(9);
  const { add, keptNote } = witnessOf(log);
  await add(log.wish(0, 5));
  const before = await keptNote(log);
  const good = log.wish(5);
  const [, note = ""] = /\n\n(.*)$/s.exec(good) ?? [];
  const hash = log.root().toString("base64");
  const bodies: (string | Buffer)[] = [
    "",
    "\n",
    "\n\n",
    "old 5",
    "old 5\n\n",
    good.slice(0, -1),
    good.replaceAll("\n", "\r\n"),
    `\u{feff}${good}`,
    ` ${good}`,
    good.replace("old 5", "old 05"),
    good.replace("old 5", "old +5"),
    good.replace("old 5", "old -0"),
    good.replace("old 5", "old 5.0"),
    good.replace("old 5", "old 5e0"),
    good.replace("old 5", "old  5"),
    good.replace("old 5", "old 9007199254740993"),
    good.replace("old 5", "old 99999999999999999999"),
    good.replace("\n9\n", "\n09\n"),
    good.replace("\n9\n", "\n9007199254740993\n"),
    good.replace("\n9\n", "\n-9\n"),
    good.replace(hash, hash.slice(0, -4)),
    good.replace(hash, hash.replace("=", "")),
    good.replace(hash, `${hash}\n\nmore`),
    good.replace("— ", "- "),
    `old 5\n${`${hash}\n`.repeat(64)}\n${note}`,
    `old 5\n${hash.slice(0, -4)}\n\n${note}`,
    `old 5\nnot base64!\n\n${note}`,
    good.replace(note, note.replace("\n9\n", "\n9\n\u0000\n")),
    Buffer.concat([Buffer.from(good), Buffer.from("— \u00ff A+b=\n", "latin1")]),
    Buffer.concat([Buffer.from(good), Buffer.from("— "), Buffer.of(0xff), Buffer.from(" AAAAAAAAAAAA\n")]),
    `${good}${"— someone AAAAAAAAAAAA\n".repeat(100)}`,
    randomBytes(1000),
  ];
  for (const body of bodies) expect([await add(body), body]).toMatchObject([{ status: 400 }, body]);
  expect(await add(Buffer.alloc(64 * 1024 + 1, "a"))).toMatchObject({ status: 413 });
  expect(await keptNote(log)).toBe(before);
  expect(await add(good)).toMatchObject({ status: 200 });
});

test("a note that repeats its signature as often as a note may is kept with it once, and does not lock the log out", async () => {
  const log = GrownLog.of(9);
  const { add, keptNote } = witnessOf(log);
  const line = signText(log.text(5), log.signer);
  expect(await add(wishOf(0, [], `${log.text(5)}\n${`${line}\n`.repeat(100)}`))).toMatchObject({ status: 200 });
  expect(parseNote((await keptNote(log)) ?? "").signatures).toHaveLength(2);
  expect(await add(log.wish(5))).toMatchObject({ status: 200 });
});

test("of many submissions at once, in whatever order, the largest that was cosigned is kept", async () => {
  const log = GrownLog.of(40);
  const { add, keptNote } = witnessOf(log);
  const cosigned: number[] = [];
  const show = async (size: number) => {
    for (let from = 0; from <= size; ) {
      const { status, body } = await add(log.wish(from, size));
      if (status === 200) return cosigned.push(size);
      expect(status).toBe(409);
      from = Number(body);
    }
    return null; // overtaken
  };
  const sizes = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) + 1);
  await Promise.all(sizes.map(show));
  expect(cosigned).toContain(40);
  expect(cosigned).toEqual(cosigned.toSorted((a, b) => a - b));
  expect(checkpointOf((await keptNote(log)) ?? "").size).toBe(40);
});

test("logs do not come in each other's way, and a name is nobody's path", async () => {
  const names = ["../../escape", "a/../b", "%2e%2e%2f", "ünï", "x".repeat(900)];
  const logs = names.map((name) => GrownLog.of(3, name));
  const { add, keptNote, checkpoints, app } = witnessOf(...logs);
  for (const log of logs) expect(await add(log.wish(0))).toMatchObject({ status: 200 });
  for (const log of logs) expect(await keptNote(log)).toContain(log.text());
  expect(readdirSync(checkpoints).every((name) => /^[0-9a-f]{64}\./.test(name))).toBe(true);
  for (const path of ["/..%2f..%2fescape/checkpoint", `/${"0".repeat(63)}/checkpoint`, `/${"0".repeat(64)}/checkpoint`])
    expect((await app.inject(path)).statusCode).toBe(404);
});

test("what fails inside is said without a word about how", async () => {
  const log = GrownLog.of(3);
  const { add, checkpoints, app } = witnessOf(log);
  rmSync(checkpoints, { recursive: true });
  writeFileSync(checkpoints, "no folder");
  const { status, body } = await add(log.wish(0));
  expect([status, body]).toEqual([500, "the witness failed\n"]);
  expect((await app.inject(`/${originId(log.signer.verifier.name)}/checkpoint`)).body).toBe("the witness failed\n");
});

test("a client that names no kind of content is understood: the protocol asks for none", async () => {
  const log = GrownLog.of(3);
  const { app } = witnessOf(log);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const status = await new Promise((resolve, reject) => {
    const outgoing = request({ port, method: "POST", path: "/add-checkpoint" }, (reply) => {
      reply.resume();
      resolve(reply.statusCode);
    });
    outgoing.on("error", reject).end(log.wish(0));
  });
  expect(status).toBe(200);
  expect(app.server.requestTimeout).toBeGreaterThan(0);
});
