import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createLog } from "@aura/shared/log";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, allDone, createTestRun } from "@aura/shared/testing/factories";
import { logSigner, sealEndedRuns, sealLog } from "@aura/shared/testing/sealing";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildApp } from "../../src/app.ts";
import { type ApiUnderTest, apiUnderTest, FACTS } from "./api-under-test.ts";
import { landedRun } from "./landed-run.ts";

/** Who waits for the seal, and who gives up at once. */
const PATIENT_MS = 60_000;
const HASTY_MS = 100;

let api: ApiUnderTest;
let folder: string;
let run_id: string;
let key: string;

/** In their order: an open run, then an ended one without and with its seal. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-pack-"));
  api = await apiUnderTest({}, { seal_patience_ms: PATIENT_MS });
  run_id = (await landedRun(api.db)).run.run_id;
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const path = (name: string) => `/v1/runs/${run_id}/${name}`;

test("an open run is reported as it is, under no checkpoint or the newest that covers it, and has no pack", async () => {
  expect((await api.get(path("report"))).body.checkpoint).toBeNull();
  await sealLog(api.db);
  const { note } = (await api.get("/v1/audit/checkpoints")).body.data[0];
  expect((await api.get(path("report"))).body.checkpoint).toBe(note);
  const pack = await api.get(path("evidence-pack"));
  expect([pack.status, pack.body.code]).toEqual([409, "illegal_transition"]);
});

test("nothing of an ended run leaves before its seal is under a checkpoint, and the refusal says why and what to do", async () => {
  const cancel = { action: "cancel", target_id: run_id, reason: "seen enough" };
  expect((await api.post("/v1/director/actions", cancel)).status).toBe(201);
  await sealLog(api.db); // covers the end, not yet the seal
  const { manager: pool, observer } = api.db.pools;
  const log = createLog("test", "silent");
  const hasty = await buildApp({ pool, observer, log, facts: FACTS, seal_patience_ms: HASTY_MS });
  for (const name of ["report", "software.tar.gz?revision=best", "software.zip?revision=best", "evidence-pack"]) {
    const reply = await hasty.inject({ url: path(name), headers: { authorization: `Bearer ${api.keys.director}` } });
    const body = reply.json();
    expect([name, reply.statusCode, body.code, body.retryable]).toEqual([name, 503, "log_unsealed", true]);
    expect(body).toMatchObject({
      detail: expect.stringMatching(/ended \d+ s ago/),
      hint: expect.stringContaining("readyz"),
    });
  }
  await hasty.close();
  const waiting = api.get(path("report"));
  await sealEndedRuns(api.db);
  const { status, body } = await waiting;
  expect([status, typeof body.checkpoint]).toEqual([200, "string"]);
  const markdown = (await api.get(path("report"), { headers: { accept: "text/markdown" } })).text;
  const [origin = "", size, root] = body.checkpoint.split("\n");
  expect(markdown).toContain(`sealed with ${size} events, root ${root}`);
  expect(markdown).toContain(body.checkpoint);
  key = logSigner(origin).verifier.text;
});

function unpack(bytes: Buffer): Map<string, Buffer> {
  const files = new Map(Object.entries(unzipSync(bytes)).map(([name, body]) => [name, Buffer.from(body)]));
  for (const [name, body] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), body);
  }
  return files;
}

/** As a stranger does: plain Node in the unpacked folder, with nothing of ours in reach. */
function verifier(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["verifier/main.ts", ".", ...args], {
    cwd: folder,
    env: {},
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}` };
}

test("the pack of an ended run holds what it says, and its own verifier finds it sound with plain Node", async () => {
  const { origin } = { origin: key.split("+")[0] ?? "" };
  await allDone(callVerb(api.db.pools.auditor, "register_audit_keys", AUDITOR, [key], "first key of the log"));
  const headers = { authorization: `Bearer ${api.keys.observer}` };
  const reply = await api.get(path("evidence-pack"), { headers });
  expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/zip"]);
  const files = unpack(reply.bytes);
  const names = [
    "README.md",
    "approvals.json",
    "events.jsonl",
    "overrides.json",
    "plan.json",
    "prd.md",
    "report.json",
    "report.md",
  ];
  expect([...files.keys()]).toEqual(
    expect.arrayContaining([...names, "requirements.json", "spend.json", "tasks.json"]),
  );
  expect([...files.keys()].filter((name) => name.startsWith("checkpoints/"))).toHaveLength(1);
  for (const [name, body] of files)
    if (/^evidence\/[0-9a-f]{64}$/.test(name)) expect(sha256Hex(body)).toBe(name.slice("evidence/".length));
  expect(files.get("prd.md")?.toString()).toContain("It adds two numbers.");
  expect(JSON.parse(files.get("overrides.json")?.toString() ?? "")).toMatchObject([
    { action: "create_run" },
    { action: "approve" },
    { action: "cancel", reason: "seen enough" },
  ]);
  const readme = files.get("README.md")?.toString() ?? "";
  for (const said of [origin, "Art. 12", "Art. 14", "NIST AI RMF", "ISO/IEC 42001", "compare them", "supports"])
    expect(readme).toContain(said);

  const sound = verifier("--key", key, "--json");
  expect([sound.status, sound.said]).toEqual([0, expect.stringContaining('"runs_sealed":1')]);
  expect(verifier().status).toBe(2);
  expect(verifier("--key", logSigner("another/log/1").verifier.text).status).toBe(2);
});

test("a pack in which anything of the run was changed or left out is found out by its own verifier", () => {
  const text = readFileSync(join(folder, "events.jsonl"), "utf8");
  const lines = text.split("\n");
  const tampered = (changed: string) => {
    writeFileSync(join(folder, "events.jsonl"), changed);
    return verifier("--key", key).status;
  };
  expect(tampered(text.replace("run.created", "run.creatad"))).toBe(1);
  expect(tampered(lines.toSpliced(3, 1).join("\n"))).toBe(1);
  expect(tampered(lines.slice(0, -3).join("\n"))).toBe(2);
  expect(tampered(text)).toBe(0);
});

test("reading a pack is on record first, and without the record it is not given out", async () => {
  const { rows } = await api.db.pools.admin.query(
    "select actor_kind, subject_id from audit_events where event_type = 'object.read' and subject_type = 'evidence_pack'",
  );
  expect(rows).toEqual([{ actor_kind: "observer", subject_id: run_id }]);
  const client = await api.db.pools.admin.connect();
  const unguarded = (statement: string) =>
    client.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
  await unguarded("alter table audit_events add constraint no_reads check (event_type <> 'object.read') not valid");
  const reply = await api.get(path("evidence-pack"));
  await unguarded("alter table audit_events drop constraint no_reads");
  client.release();
  expect([reply.status, reply.body.code]).toEqual([503, "log_unavailable"]);
});

test("a run of another state is not mixed in: its events are in no pack but its own", async () => {
  const other = await createTestRun(api.db);
  await sealEndedRuns(api.db);
  const files = unpack((await api.get(path("evidence-pack"))).bytes);
  expect(files.get("events.jsonl")?.toString()).not.toContain(other.run_id);
  expect(verifier("--key", key).status).toBe(0);
});
