import { join } from "node:path";
import { signEnvelope } from "@aura/shared/ledger/dsse";
import { type Signer, signerOf } from "@aura/shared/ledger/notes";
import { createLog } from "@aura/shared/log";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { putBlobs, readBlobs } from "@aura/shared/postgres/blobs";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { createAttesting } from "../../src/attestation/attesting-loop.ts";
import { publishAttesterTo } from "../../src/attestation/published-key.ts";
import { KeyFolder } from "../../src/ledger/key-folder.ts";

/** What is on record about the attestation of a run, hashes in hexadecimal. */
export interface Row extends Record<string, unknown> {
  readonly id: string;
  readonly run_id: string;
  readonly verification_id: string | null;
  readonly provenance_sha256: string;
  readonly test_result_sha256: string;
  readonly sbom_sha256: string;
  readonly verifier_key: string;
}

/** The attesting loop step by step, its keys in a folder of that name. */
export function attestingIn(db: TestDatabase, folder: string, keys = "keys") {
  return createAttesting({
    ...{ pool: db.pools.auditor, log: createLog("auditor", "silent"), holder: "auditor-one", version: "9.9.9" },
    ...{ folder: new KeyFolder(join(folder, keys)), publish: publishAttesterTo(join(folder, "public")) },
  });
}

/** The key that such a loop signs with. */
export function keyIn(folder: string, { verifier_key }: Row): Signer {
  const seed = new KeyFolder(join(folder, "keys")).keys()[0]?.seed ?? Buffer.alloc(0);
  return signerOf(verifier_key.split("+")[0] ?? "", seed);
}

export async function rowOf(db: TestDatabase, runId: string): Promise<Row | undefined> {
  const { rows } = await db.pools.auditor.query<Row>(
    `select id, run_id, verification_id, encode(provenance_sha256, 'hex') as provenance_sha256, encode(test_result_sha256, 'hex') as test_result_sha256,
            encode(sbom_sha256, 'hex') as sbom_sha256, verifier_key from attestations where run_id = $1`,
    [runId],
  );
  return rows[0];
}

export async function textOf(db: TestDatabase, sha256: string): Promise<string> {
  return (await readBlobs(db.pools.auditor, [sha256])).get(sha256)?.toString("utf8") ?? "";
}

export async function statementOf(db: TestDatabase, sha256: string) {
  return JSON.parse(Buffer.from(JSON.parse(await textOf(db, sha256)).payload, "base64").toString("utf8"));
}

/** The hashes of two statements about a tree, with as little in them as the database takes, signed by this key. */
export async function forgedAbout(db: TestDatabase, key: Signer, tree: string, result = "WARNED") {
  const subject = [{ name: "x", digest: { sha256: tree } }];
  const statement = { _type: "https://in-toto.io/Statement/v1", subject };
  const types = {
    provenance: "https://slsa.dev/provenance/v1",
    result: "https://in-toto.io/attestation/test-result/v0.1",
  };
  const bodies = [
    { ...statement, predicateType: types.provenance, predicate: {} },
    { ...statement, predicateType: types.result, predicate: { result } },
  ].map((one) => Buffer.from(signEnvelope(Buffer.from(canonicalJson(one)), key)));
  const items = bodies.map((body) => ({ body, media_type: "application/json" }));
  const [provenance_sha256, test_result_sha256] = await putBlobs(db.pools.auditor, items);
  return { provenance_sha256, test_result_sha256 };
}
