import { spawnSync } from "node:child_process";
import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { preAuthEncoding, STATEMENT_TYPE, signEnvelope } from "@aura/shared/ledger/dsse";
import { publicKeyPem, signerOf } from "@aura/shared/ledger/notes";
import { newId } from "@aura/shared/models/ids";
import { treeSha256 } from "@aura/shared/models/tree";
import { callVerb, type VerbContext } from "@aura/shared/postgres/verbs";
import { type DeliveredRun, deliveredRun, finishTestRun, judgedRun } from "@aura/shared/testing/delivered-run";
import {
  AUDITOR,
  createTestRuntime,
  directorAction,
  MANAGER,
  type TestRuntime,
  testRequirement,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRunsToSeal } from "../../src/db/sealing-statements.ts";
import { attestingIn, forgedAbout, keyIn, type Row, rowOf, statementOf, textOf } from "./attested.ts";
import { problems } from "./official-cyclonedx.ts";
import { Provenance, TestResult } from "./published-schemas.ts";

let db: TestDatabase;
let runtime: TestRuntime;
let folder: string;
let run: DeliveredRun;
let row: Row;

beforeAll(async () => {
  db = await testDatabase();
  runtime = await createTestRuntime(db);
  folder = mkdtempSync(join(tmpdir(), "aura-attest-"));
  run = await deliveredRun(db, runtime);
  await attesting().once();
  row = (await rowOf(db, run.run_id)) as Row;
});
afterAll(async () => {
  await db.close();
  rmSync(folder, { recursive: true, force: true });
});

const attesting = (keys?: string) => attestingIn(db, folder, keys);

const record = (attestation: object, ctx: VerbContext = AUDITOR) =>
  callVerb(db.pools.auditor, "record_attestations", ctx, [attestation]);
const refused = (code: string) => [expect.objectContaining({ outcome: "refused", code })];

/** As a stranger does: the signed bytes by the formula of DSSE, the public key as it was published, OpenSSL. */
function opensslSays(envelope: string, keyId: string): boolean {
  const { payload, payloadType, signatures } = JSON.parse(envelope);
  const body = Buffer.from(payload, "base64");
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${body.length} `;
  writeFileSync(join(folder, "message"), Buffer.concat([Buffer.from(head), body]));
  writeFileSync(join(folder, "signature"), Buffer.from(signatures[0].sig, "base64"));
  const key = join(folder, "public", `attestation-${keyId}.pem`);
  const files = ["-in", join(folder, "message"), "-sigfile", join(folder, "signature")];
  return spawnSync("openssl", ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key, ...files]).status === 0;
}

test("a delivery has a SLSA provenance and an in-toto test result that the published forms admit, about the delivered tree", async () => {
  const provenance = await statementOf(db, row.provenance_sha256);
  const { subject, predicate } = Provenance.parse(provenance);
  expect(subject).toEqual([{ name: "a-test-run", digest: { sha256: run.tree_sha256, ...OTHERS } }]);
  expect(predicate.buildDefinition).toMatchObject({
    externalParameters: { run_id: run.run_id, toolchain: "python" },
    internalParameters: { provider: "replay", oversight: "autonomous", strict_policy: true },
  });
  const names = (resources: readonly { name?: string | undefined }[] = []) => resources.map(({ name }) => name);
  expect(names(predicate.buildDefinition.resolvedDependencies)).toEqual([
    "prd",
    "attachments",
    "plan",
    "acceptance-suite",
  ]);
  expect(names(predicate.runDetails.byproducts)).toEqual([
    "sbom.cdx.json",
    "verification-report",
    "evidence/acceptance_run",
  ]);
  expect(predicate.runDetails).toMatchObject({
    builder: { version: { aura_orchestra: "9.9.9" } },
    metadata: { invocationId: run.run_id },
    byproducts: [{ digest: { sha256: row.sbom_sha256 } }, {}, {}],
  });
  const tested = TestResult.parse(await statementOf(db, row.test_result_sha256));
  expect(tested.subject).toEqual(subject);
  expect(tested.predicate).toMatchObject({ result: "PASSED", passedTests: ["adds"], warnedTests: [], failedTests: [] });
  expect(tested.predicate.configuration.at(-1)?.annotations).toMatchObject({
    sandbox_level: "bubblewrap",
    requirements: { total: 1, pass: 1 },
    verdicts: ["R1 must pass"],
  });
});

const PACKAGE = { version: "3.0.0", licence: "MIT", integrity: `sha256:${"ef".repeat(32)}` };
const RESOLUTION = {
  ...{ ecosystem: "pypi" as const, registry: "https://registry.example/", files: 1, bytes: 1 },
  packages: [
    { ...PACKAGE, name: "flask", direct: true },
    { ...PACKAGE, name: "jinja2", direct: false },
  ],
};

test("packages that a delivery was verified with stand in provenance and bill, and the official schema admits the bill", async () => {
  const layer = new Map([["flask-3.0.0.dist-info/METADATA", Buffer.from("Name: Flask\nRequires-Dist: Jinja2>=3\n\n")]]);
  const built = await deliveredRun(db, runtime, { dependencies: { resolution: RESOLUTION, layer } });
  await attesting().once();
  const { provenance_sha256, sbom_sha256 } = (await rowOf(db, built.run_id)) as Row;
  const { resolvedDependencies = [] } = Provenance.parse(await statementOf(db, provenance_sha256)).predicate
    .buildDefinition;
  expect(resolvedDependencies.slice(-3)).toMatchObject([
    { name: "package-layer", digest: { sha256: treeSha256(layer) } },
    { uri: "pkg:pypi/flask@3.0.0", digest: { sha256: "ef".repeat(32) } },
    { uri: "pkg:pypi/jinja2@3.0.0" },
  ]);
  const bill = JSON.parse(await textOf(db, sbom_sha256));
  expect(problems(bill)).toEqual([]);
  expect(bill.dependencies).toEqual([
    { ref: "product", dependsOn: ["pkg:pypi/flask@3.0.0"] },
    { ref: "pkg:pypi/flask@3.0.0", dependsOn: ["pkg:pypi/jinja2@3.0.0"] },
    { ref: "pkg:pypi/jinja2@3.0.0", dependsOn: [] },
  ]);
});

/** By git and sha256sum, see tree-digests.test.ts. */
const OTHERS = { dirHash: expect.stringMatching(/^[0-9a-f]{64}$/), gitTree: expect.stringMatching(/^[0-9a-f]{40}$/) };

test("what a person decided in place of a test makes it a warning", async () => {
  const others = [testRequirement("R2", { verification_method: "inspection" })];
  const inspected = await deliveredRun(db, runtime, { others });
  await attesting().once();
  const { predicate } = await statementOf(db, (await rowOf(db, inspected.run_id))?.test_result_sha256 ?? "");
  expect(predicate).toMatchObject({ result: "WARNED", passedTests: ["adds"] });
  expect(predicate.configuration.at(-1).annotations.requirements).toMatchObject({ total: 2, pass: 1, inspection: 1 });
});

test("OpenSSL verifies both envelopes with the published key, and no changed payload, key or signature", async () => {
  const { keyId } = signerOf("x", randomBytes(32)).verifier;
  const [, published = ""] = row.verifier_key.split("+");
  for (const sha256 of [row.provenance_sha256, row.test_result_sha256]) {
    const text = await textOf(db, sha256);
    expect(opensslSays(text, published)).toBe(true);
    const envelope = JSON.parse(text);
    const changed = Buffer.from(envelope.payload, "base64").toString().replace(run.tree_sha256, "0".repeat(64));
    expect(
      opensslSays(JSON.stringify({ ...envelope, payload: Buffer.from(changed).toString("base64") }), published),
    ).toBe(false);
    expect(opensslSays(JSON.stringify({ ...envelope, payloadType: "text/plain" }), published)).toBe(false);
  }
  const { publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(join(folder, "public", `attestation-${keyId}.pem`), publicKey.export({ format: "pem", type: "spki" }));
  expect(opensslSays(await textOf(db, row.provenance_sha256), keyId)).toBe(false);
});

test("the key is one of its own, told by an event, and the events carry what was signed", async () => {
  const [, keyId = ""] = row.verifier_key.split("+");
  const { rows } = await db.pools.auditor.query<{ event_type: string; run_id: string; set: Record<string, string> }>(
    `select event_type, run_id, convert_from(env, 'UTF8')::jsonb->'set' as set from audit_events
      where subject_type in ('attestation', 'attestation_key') and (run_id is null or run_id = $1) order by id`,
    [run.run_id],
  );
  const { id: _, ...signed } = row;
  expect(rows).toEqual([
    { event_type: "attestation_key.created", run_id: null, set: { verifier_key: row.verifier_key } },
    {
      event_type: "attestation.created",
      run_id: run.run_id,
      set: { ...signed, revision_id: run.revision_id, tree_sha256: run.tree_sha256 },
    },
  ]);
  const { verifier } = keyIn(folder, row);
  expect([verifier.text, readFileSync(join(folder, "public", `attestation-${keyId}.pem`), "utf8")]).toEqual([
    row.verifier_key,
    publicKeyPem(verifier),
  ]);
  expect(
    (await db.pools.auditor.query("select from audit_keys where verifier_key = $1", [row.verifier_key])).rows,
  ).toEqual([]);
});

test("the same again changes nothing, also by another key: a delivery is attested once", async () => {
  const { id, ...same } = row;
  expect(await record({ ...same, id: newId() })).toEqual([expect.objectContaining({ outcome: "done" })]);
  const other = { ...same, id: newId(), sbom_sha256: row.provenance_sha256 };
  expect(await record(other)).toEqual(refused("already_attested"));
  const second = attesting("other-keys");
  expect([await second.once(), second.failed()]).toEqual([false, []]);
  expect(await rowOf(db, run.run_id)).toEqual(row);
  const kept = (verb: string) => db.pools.admin.query(verb).catch((error: Error) => error.message);
  for (const verb of [
    "update attestations set sbom_sha256 = tree_sha256",
    "delete from attestations",
    "truncate attestations",
    "delete from attestation_keys",
  ])
    expect(await kept(verb)).toMatch(/kept for ever/);
});

test("the database takes an attestation only for a delivery, its accepted assembly, its tree and a known key", async () => {
  const judged = await judgedRun(db, runtime);
  const key = keyIn(folder, row);
  const about = (tree: string, result?: string) => forgedAbout(db, key, tree, result);
  const { verification_id, tree_sha256 } = judged;
  const fresh = { ...row, id: newId(), run_id: judged.run_id, verification_id, ...(await about(tree_sha256)) };
  expect(await record(fresh)).toEqual(refused("nothing_delivered"));
  const rejected = await judgedRun(db, runtime);
  await directorAction(db, "cancel", rejected.run_id);
  expect(await record({ ...fresh, run_id: rejected.run_id })).toEqual(refused("nothing_delivered"));

  expect(await finishTestRun(db, judged)).toMatchObject([{ outcome: "done" }]);
  const cases: readonly [object, string][] = [
    [{ run_id: newId() }, "not_found"],
    [{ verification_id: row.verification_id }, "verification_missing"],
    [{ verification_id: newId() }, "verification_missing"],
    [{ verification_id: null }, "verification_missing"],
    [{ verifier_key: `${row.verifier_key.split("+")[0]}+00000000+AAAA` }, "unknown_key"],
    [{ sbom_sha256: "0".repeat(64) }, "not_found"],
    [await about("0".repeat(64)), "other_subject"],
    [await about(tree_sha256, "FAILED"), "other_result"],
    [await about(tree_sha256, ""), "other_result"],
    [{ provenance_sha256: fresh.test_result_sha256 }, "other_subject"],
    [{ test_result_sha256: row.sbom_sha256 }, "other_subject"],
  ];
  for (const [change, code] of cases) expect(await record({ ...fresh, ...change }), code).toEqual(refused(code));
  expect(await rowOf(db, judged.run_id)).toBeUndefined();
  expect(await record(fresh)).toMatchObject([{ outcome: "done" }]);
});

test("no login but the Auditor's records an attestation or a key, nor does the Auditor write the rows itself", async () => {
  const { manager, agent, auditor } = db.pools;
  for (const [pool, ctx] of [
    [manager, MANAGER],
    [agent, AUDITOR],
  ] as const) {
    await expect(callVerb(pool, "record_attestations", ctx, [{ ...row, id: newId() }])).rejects.toThrow(
      /permission denied/,
    );
    await expect(callVerb(pool, "register_attestation_keys", ctx, [row.verifier_key])).rejects.toThrow(
      /permission denied/,
    );
  }
  await expect(
    auditor.query("insert into attestation_keys (id, verifier_key) values ('00000000', 'x')"),
  ).rejects.toThrow(/permission denied/);
  const [log = ""] = row.verifier_key.split("/attestation");
  for (const name of [`${log}/1`, "elsewhere/attestation"]) {
    const { verifier } = signerOf(name, randomBytes(32));
    expect(await callVerb(auditor, "register_attestation_keys", AUDITOR, [verifier.text])).toEqual(
      refused("other_name"),
    );
  }
});

test("a delivery whose bytes were erased is a critical event, once, and no other one waits for it", async () => {
  const tree = new Map([["gone.py", Buffer.from(randomBytes(12).toString("hex"))]]);
  const erased = await deliveredRun(db, runtime, { tree });
  const next = await deliveredRun(db, runtime);
  const { rows } = await db.pools.auditor.query<{ sha256: string }>(
    "select body->0->>'sha256' as sha256 from (select convert_from(body, 'UTF8')::jsonb as body from blobs where sha256 = $1) b",
    [Buffer.from(erased.tree_sha256, "hex")],
  );
  expect(await directorAction(db, "erase_blob", null, { sha256: rows[0]?.sha256 })).toMatchObject({ outcome: "done" });
  const sealable = async () => (await readRunsToSeal(db.pools.auditor, 100)).map(({ run_id }) => run_id);
  expect(await sealable()).not.toContain(next.run_id);
  const loop = attesting();
  await loop.once();
  await loop.once();
  expect(loop.failed()).toEqual([{ run_id: erased.run_id, why: expect.stringContaining("gone.py") }]);
  expect(await rowOf(db, next.run_id)).toBeDefined();
  const alarms = await db.pools.auditor.query(
    "select severity, subject_id from audit_events where event_type = 'attestation.failed'",
  );
  expect(alarms.rows).toEqual([{ severity: "critical", subject_id: erased.run_id }]);
});

test("the same statement and key give the same envelope, and Node's own signature of the encoded bytes is in it", () => {
  const key = signerOf("x", Buffer.alloc(32, 1));
  const envelope = signEnvelope(Buffer.from("{}"), key);
  expect(signEnvelope(Buffer.from("{}"), key)).toBe(envelope);
  expect(preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world")).toString()).toBe(
    "DSSEv1 29 http://example.com/HelloWorld 11 hello world",
  );
  const sig = sign(null, preAuthEncoding(STATEMENT_TYPE, Buffer.from("{}")), key.key).toString("base64");
  expect(JSON.parse(envelope).signatures).toEqual([{ keyid: key.verifier.keyId, sig }]);
});
