import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { attestationFindings } from "../../src/ledger/attestation-check.ts";
import { DsseError, openEnvelope, signEnvelope } from "../../src/ledger/dsse.ts";
import { type Signer, signerOf } from "../../src/ledger/notes.ts";
import { CannotTell, Tampered } from "../../src/ledger/verifier/findings.ts";
import { canonicalJson, sha256Hex } from "../../src/models/canonical-json.ts";

const LOG = "aura_orchestra/00000000-0000-4000-8000-000000000000";
const TREE = "ab".repeat(32);
const KEY = signerOf(`${LOG}/attestation`, Buffer.alloc(32, 3));

const STATEMENT = { _type: "https://in-toto.io/Statement/v1", subject: [{ name: "x", digest: { sha256: TREE } }] };
const PROVENANCE = "https://slsa.dev/provenance/v1";
const TEST_RESULT = resultOf("WARNED");
const statement = (changes: object = {}, key: Signer = KEY) =>
  signEnvelope(Buffer.from(canonicalJson({ ...STATEMENT, predicateType: PROVENANCE, predicate: {}, ...changes })), key);

function resultOf(result: string) {
  return { predicateType: "https://in-toto.io/attestation/test-result/v0.1", predicate: { result } };
}

interface Case {
  readonly lines: readonly string[];
  readonly bill: string | null;
  /** Laid over what the event says. */
  readonly set: Readonly<Record<string, string | null>>;
  readonly delivered: string;
  readonly landed: string;
  /** How it ended, and what the judgement that is named said about which tree. */
  readonly ended: "verified" | "partial";
  readonly outcome: string;
  readonly judged: string;
}
const SOUND: Case = {
  lines: [statement(), statement(TEST_RESULT)],
  bill: "{}",
  set: {},
  delivered: "revision",
  landed: TREE,
  ended: "verified",
  outcome: "accepted",
  judged: TREE,
};
const PARTIAL = { ended: "partial", outcome: "rejected" } as const;

const [first = "", second = ""] = SOUND.lines;

/** What the checks of a pack say, the first finding or null. */
function found(change: Partial<Case>, log = LOG): unknown {
  const { lines, bill, set, delivered, landed, ended, outcome, judged } = { ...SOUND, ...change };
  const pack = mkdtempSync(join(tmpdir(), "aura-pack-"));
  onTestFinished(() => rmSync(pack, { recursive: true }));
  mkdirSync(join(pack, "attestation"));
  writeFileSync(join(pack, "attestation/attestation.intoto.jsonl"), lines.map((line) => `${line}\n`).join(""));
  if (bill !== null) writeFileSync(join(pack, "attestation/sbom.cdx.json"), bill);
  const events = [
    { type: "revision.created", subject_id: "revision", set: { tree_sha256: landed } },
    { type: `verification.${outcome}`, subject_id: "verification", set: { tree_sha256: judged } },
    { type: "run.completed", subject_id: "run", set: { delivered_revision_id: delivered, stop_reason: ended } },
    { type: "attestation.created", subject_id: "attestation", set: { ...attested(lines, bill), ...set } },
  ].map((event) => ({ seq: 7, ...event }));
  const [first = null] = attestationFindings(
    Map.groupBy(events, ({ type }) => type),
    join(pack, "attestation"),
    log,
  );
  return first;
}

function attested(lines: readonly string[], bill: string | null) {
  return {
    ...{ revision_id: "revision", verification_id: "verification", tree_sha256: TREE, verifier_key: KEY.verifier.text },
    provenance_sha256: sha256Hex(lines[0] ?? ""),
    test_result_sha256: sha256Hex(lines[1] ?? ""),
    sbom_sha256: sha256Hex(bill ?? ""),
  };
}

test("an attestation whose files, key, tree and judgement agree with the events is sound", () => {
  expect(found({})).toBeNull();
  expect(found({ lines: [first, statement(resultOf("PASSED"))] })).toBeNull();
});

test("so is one of a partial delivery, whatever its judgement said, and also where there was none", () => {
  for (const result of ["WARNED", "FAILED"])
    for (const outcome of ["accepted", "rejected", "inconclusive", "environment"])
      expect(found({ ended: "partial", outcome, lines: [first, statement(resultOf(result))] })).toBeNull();
  expect(found({ ...PARTIAL, set: { verification_id: null } })).toBeNull();
});

const other = signerOf(`${LOG}/attestation`, randomBytes(32));
test.each<[string, Partial<Case>, string]>([
  ["of a revision that was not delivered", { delivered: "another" }, "another tree than the run delivered"],
  ["of another tree than its revision", { landed: "cd".repeat(32) }, "another tree than the run delivered"],
  ["of a tree that nobody accepted", { judged: "cd".repeat(32) }, "no judgement of the run accepted"],
  ["of a tree that was rejected", { outcome: "rejected" }, "no judgement of the run accepted"],
  ["without a judgement", { set: { verification_id: null } }, "no judgement of the run accepted"],
  ["of a verified delivery that failed", { lines: [first, statement(resultOf("FAILED"))] }, "not WARNED or PASSED"],
  ["without a result", { lines: [first, statement({ ...TEST_RESULT, predicate: {} })] }, "not WARNED or PASSED"],
  ["of a partial delivery that passed", { ...PARTIAL, lines: [first, statement(resultOf("PASSED"))] }, "or FAILED"],
  [
    "of a partial delivery by another judgement",
    { ...PARTIAL, judged: "cd".repeat(32) },
    "no judgement of the run was",
  ],
  ["of a partial delivery by what is none", { ...PARTIAL, outcome: "created" }, "no judgement of the run was about"],
  ["with another statement than its event", { set: { provenance_sha256: TREE } }, "not what was signed"],
  ["with another bill than its event", { set: { sbom_sha256: TREE } }, "not what was attested"],
  ["with a line too many", { lines: [first, second, second] }, "not what was signed"],
  [
    "about another subject",
    { lines: [statement({ subject: [{ digest: { sha256: "00" } }] }), second] },
    "another tree",
  ],
  [
    "about two subjects",
    { lines: [first, statement({ ...TEST_RESULT, subject: [...STATEMENT.subject, ...STATEMENT.subject] })] },
    "one subject",
  ],
  ["with two statements of one type", { lines: [first, first] }, "one subject"],
  ["signed by another key", { lines: [first, statement(TEST_RESULT, other)] }, "is not signed by the key"],
  ["that is no envelope", { lines: [first, "null"] }, "no JSON object"],
  [
    "by a key of the log itself",
    { set: { verifier_key: signerOf(`${LOG}/1`, Buffer.alloc(32, 3)).verifier.text } },
    "no key for attestations",
  ],
  ["by what is no key", { set: { verifier_key: "x" } }, "no key for attestations"],
])("one %s is found out", (_, change, reason) => {
  const finding = found(change);
  expect(finding).toBeInstanceOf(Tampered);
  expect(finding).toMatchObject({ seq: 7, message: expect.stringContaining(reason) });
});

test("a key for attestations of another log does not count, and what is missing is not sound", () => {
  expect(found({}, "aura_orchestra/11111111-0000-4000-8000-000000000000")).toBeInstanceOf(Tampered);
  expect(found({ bill: null })).toBeInstanceOf(CannotTell);
});

test.each<[string, (envelope: { payload: string; payloadType: string; signatures: object[] }) => object]>([
  ["payload", (envelope) => ({ ...envelope, payload: Buffer.from("{}").toString("base64") })],
  ["type", (envelope) => ({ ...envelope, payloadType: "application/json" })],
  ["base64", (envelope) => ({ ...envelope, payload: `${envelope.payload}*` })],
  [
    "number of signatures",
    (envelope) => ({ ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] }),
  ],
  ["lack of one", (envelope) => ({ ...envelope, signatures: [] })],
])("an envelope with another %s is not opened", (_, change) => {
  const envelope = JSON.parse(first);
  expect(openEnvelope(JSON.stringify(envelope), KEY.verifier).toString()).toContain(TREE);
  expect(() => openEnvelope(JSON.stringify(change(envelope)), KEY.verifier)).toThrow(DsseError);
});
