import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "@aura/shared/log";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { callVerb } from "@aura/shared/postgres/verbs";
import {
  type DeliveredRun,
  deliveredRun,
  finishTestRun,
  judgedRun,
  partialRun,
} from "@aura/shared/testing/delivered-run";
import { AUDITOR, allDone, createTestRuntime, directorAction, type TestRuntime } from "@aura/shared/testing/factories";
import { logSigner, sealEndedRuns, sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createAttesting } from "../../services/auditor/src/attestation/attesting-loop.ts";
import { KeyFolder } from "../../services/auditor/src/ledger/key-folder.ts";
import { type ApiUnderTest, apiUnderTest } from "../../services/manager/test/http/api-under-test.ts";

/** What the Auditor signs about a delivery, on its way through API, evidence pack and offline verifier. */

const PATIENT_MS = 60_000;

let api: ApiUnderTest;
let runtime: TestRuntime;
let folder: string;
let run: DeliveredRun;
/** Verifier key of the log. */
let key: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-attestation-"));
  api = await apiUnderTest({}, { seal_patience_ms: PATIENT_MS });
  run = await judgedRun(api.db, await createTestRuntime(api.db));
});
/** A fresh one each: it counts as gone when it has not said for a while that it lives. */
beforeEach(async () => {
  runtime = await createTestRuntime(api.db);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const path = (name: string, run_id = run.run_id) => `/v1/runs/${run_id}/${name}`;

function attesting() {
  const log = createLog("auditor", "silent");
  const keys = { folder: new KeyFolder(join(folder, "keys")), publish: () => undefined };
  return createAttesting({ pool: api.db.pools.auditor, log, holder: "auditor-one", version: "0.1.0", ...keys });
}

test("before the delivery there is nothing, and the refusal says why, since when and what to do", async () => {
  for (const name of ["attestation", "sbom"]) {
    const { status, body } = await api.get(path(name));
    expect([name, status, body.code, body.retryable]).toEqual([name, 409, "not_attested", true]);
    expect(body).toMatchObject({
      detail: expect.stringMatching(/^the run has delivered nothing: it is delivering since \S+, for \d+ s$/),
      hint: expect.stringContaining("readyz"),
    });
    expect((await api.get(path(name, crypto.randomUUID()))).status).toBe(404);
  }
  expect((await api.get(path("report"))).body.attestation).toBeNull();
});

test("after it a caller waits for the attestation and for the checkpoint over it, and gets what was signed", async () => {
  await allDone(finishTestRun(api.db, run));
  const waiting = api.get(path("attestation"));
  await attesting().once();
  await sealEndedRuns(api.db);
  const reply = await waiting;
  expect([reply.status, reply.headers["content-type"]]).toEqual([200, "application/vnd.in-toto.bundle"]);
  const lines = reply.text.split("\n");
  expect(lines).toHaveLength(3);
  const one = await api.get(path("attestation?statement=test_result"));
  expect([one.headers["content-type"], one.text]).toEqual(["application/vnd.dsse.envelope.v1+json", lines[1]]);
  const sbom = await api.get(path("sbom"));
  expect([sbom.headers["content-type"], sbom.body.specVersion]).toEqual(["application/vnd.cyclonedx+json", "1.6"]);

  const { attestation } = (await api.get(path("report"))).body;
  const hashes = [lines[0], lines[1], sbom.text].map((text) => sha256Hex(text ?? ""));
  expect([attestation.provenance_sha256, attestation.test_result_sha256, attestation.sbom_sha256]).toEqual(hashes);
  expect(attestation.key_name).toMatch(/^aura_orchestra\/[0-9a-f-]+\/attestation$/);
  const markdown = await api.get(path("report"), { headers: { accept: "text/markdown" } });
  expect(markdown.text).toContain(`| Attestation | ${path("attestation")}, signed by key ${attestation.key_id}`);
  expect((await api.get(`/v1/runs/${run.run_id}`)).body.links).toMatchObject(attestation.links);
});

test("who may read the report may read it, and nobody without a key", async () => {
  for (const name of ["attestation", "sbom"]) {
    for (const role of ["observer", "service"] as const) {
      const headers = { authorization: `Bearer ${api.keys[role]}` };
      expect([name, role, (await api.get(path(name), { headers })).status]).toEqual([name, role, 200]);
    }
    expect((await api.get(path(name), { headers: { authorization: "" } })).status).toBe(401);
  }
});

test("a run that ended otherwise has none, and is told so for good", async () => {
  const cancelled = await judgedRun(api.db, runtime);
  await directorAction(api.db, "cancel", cancelled.run_id);
  const { status, body } = await api.get(path("attestation", cancelled.run_id));
  expect([status, body.code, body.retryable]).toEqual([409, "never_attested", false]);
  expect(body.detail).toMatch(/^the run ended cancelled \(cancelled\) \d+ s ago, at /);
});

async function unpack(run_id: string, name: string): Promise<string> {
  const { status, bytes } = await api.get(path("evidence-pack", run_id));
  expect(status).toBe(200);
  const target = join(folder, name);
  writeFileSync(`${target}.zip`, bytes);
  execFileSync("/usr/bin/python3", ["-m", "zipfile", "-e", `${target}.zip`, target]);
  return target;
}

/** As a stranger does: plain Node, nothing of ours in reach. */
function verifierSays(pack: string, ...options: string[]) {
  const args = ["verifier/main.ts", ".", "--key", key, ...options];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: pack, env: {}, encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
}

test("the evidence pack holds it, its verifier checks it, and OpenSSL agrees", async () => {
  await sealLog(api.db);
  const { origin } = (await api.get("/v1/audit/checkpoints")).body.data[0].note.match(/^(?<origin>.*)\n/).groups;
  key = logSigner(origin).verifier.text;
  await allDone(callVerb(api.db.pools.auditor, "register_audit_keys", AUDITOR, [key], "first key of the log"));
  await sealLog(api.db);
  const pack = await unpack(run.run_id, "pack");
  const { status, said } = verifierSays(pack, "--json");
  expect([status, said]).toEqual([0, expect.stringContaining(`"attested":{"tree_sha256":"${run.tree_sha256}"`)]);

  const [envelope = ""] = readFileSync(join(pack, "attestation/attestation.intoto.jsonl"), "utf8").split("\n");
  const { payload, payloadType, signatures } = JSON.parse(envelope);
  const body = Buffer.from(payload, "base64");
  writeFileSync(join(folder, "message"), `DSSEv1 ${payloadType.length} ${payloadType} ${body.length} ${body}`);
  writeFileSync(join(folder, "signature"), Buffer.from(signatures[0].sig, "base64"));
  const files = ["-in", join(folder, "message"), "-sigfile", join(folder, "signature")];
  const pem = join(pack, `keys/attestation-${signatures[0].keyid}.pem`);
  expect(spawnSync("openssl", ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", pem, ...files]).status).toBe(0);
  const listed = (await api.get("/v1/audit/keys")).body;
  expect(listed.attestation_keys.map((one: { pem: string }) => one.pem)).toEqual([readFileSync(pem, "utf8")]);
  expect(listed.items.map((one: { verifier_key: string }) => one.verifier_key)).toEqual([key]);
});

test("a partial delivery is attested as that: served, linked, reported, and sound in its pack", async () => {
  const partial = await partialRun(api.db, runtime);
  const of = (name: string) => path(name, partial.run_id);
  const waiting = api.get(of("attestation?statement=test_result"));
  await attesting().once();
  await sealEndedRuns(api.db);
  const reply = await waiting;
  const { predicate } = JSON.parse(Buffer.from(reply.body.payload, "base64").toString("utf8"));
  expect([reply.status, predicate.result, predicate.failedTests]).toEqual([200, "FAILED", ["adds"]]);
  const { attestation, stop_reason } = (await api.get(of("report"))).body;
  expect([stop_reason, attestation.test_result_sha256]).toEqual(["partial", sha256Hex(reply.text)]);
  expect((await api.get(`/v1/runs/${partial.run_id}`)).body.links).toMatchObject(attestation.links);
  expect((await api.get(of("sbom"))).status).toBe(200);
  const pack = await unpack(partial.run_id, "partial");
  expect(verifierSays(pack, "--json")).toMatchObject({
    status: 0,
    said: expect.stringMatching(/"attested":.*"stop_reason":"partial"/),
  });
  expect(verifierSays(pack).said).toContain(`the tree ${partial.tree_sha256}, delivered as partial`);
});

test("a pack with a changed, foreign or missing attestation is found out", async () => {
  const other = await deliveredRun(api.db, runtime, { tree: new Map([["other.py", Buffer.from("pass\n")]]) });
  await attesting().once();
  const cancelled = await judgedRun(api.db, runtime);
  await directorAction(api.db, "cancel", cancelled.run_id);
  await sealEndedRuns(api.db);
  const [mine, others] = [await unpack(run.run_id, "mine"), await unpack(other.run_id, "others")];
  expect([verifierSays(mine).status, verifierSays(others).status]).toEqual([0, 0]);

  const changed = (name: string, change: (text: string) => string) => {
    const pack = join(folder, "changed");
    cpSync(mine, pack, { recursive: true });
    const file = join(pack, "attestation", name);
    writeFileSync(file, change(readFileSync(file, "utf8")));
    const said = verifierSays(pack);
    rmSync(pack, { recursive: true });
    return said;
  };
  const bundle = "attestation.intoto.jsonl";
  expect(changed(bundle, (text) => text.replace('"sig":"', '"sig":"A')).status).toBe(1);
  expect(changed(bundle, (text) => text.split("\n").reverse().join("\n")).status).toBe(1);
  expect(changed("sbom.cdx.json", (text) => text.replace("sums/", "sumz/")).said).toContain("sbom.cdx.json");
  expect(changed(bundle, () => readFileSync(join(others, "attestation", bundle), "utf8")).status).toBe(1);

  rmSync(join(others, "attestation", "sbom.cdx.json"));
  expect(verifierSays(others).status).toBe(2);
  const bare = await unpack(cancelled.run_id, "bare");
  expect(verifierSays(bare)).toMatchObject({ status: 0, said: expect.stringContaining("there is none here") });
  cpSync(join(mine, "attestation"), join(bare, "attestation"), { recursive: true });
  expect(verifierSays(bare).said).toContain("no event of the run tells of");
});

test("what was erased of it is gone, and said to be", async () => {
  const { attestation } = (await api.get(path("report"))).body;
  await directorAction(api.db, "erase_blob", null, { sha256: attestation.sbom_sha256 });
  const { status, body } = await api.get(path("sbom"));
  expect([status, body.code]).toEqual([410, "not_kept"]);
  expect((await api.get(path("attestation"))).status).toBe(200);
});
