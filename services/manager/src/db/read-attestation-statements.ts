import type { Queryable } from "@aura/shared/postgres/client";
import { Timestamp } from "@aura/shared/schemas/api/conventions";
import { z } from "zod";
import { hex, readAll, readOne, utc } from "./read-rows.ts";

const AttestationRow = z.object({
  id: z.uuid(),
  tree_sha256: z.string(),
  provenance_sha256: z.string(),
  test_result_sha256: z.string(),
  sbom_sha256: z.string(),
  verifier_key: z.string(),
  created_at: Timestamp,
});
/** What the Auditor signed about the delivery of a run; the hashes are of stored bytes. */
export type AttestationRow = z.infer<typeof AttestationRow>;

export function readAttestation(db: Queryable, runId: string): Promise<AttestationRow | null> {
  return readOne(
    db,
    AttestationRow,
    `select id, ${hex("tree_sha256")} as tree_sha256, ${hex("provenance_sha256")} as provenance_sha256,
            ${hex("test_result_sha256")} as test_result_sha256, ${hex("sbom_sha256")} as sbom_sha256,
            verifier_key, ${utc("created_at")} as created_at
       from attestations where run_id = $1`,
    [runId],
  );
}

const AttestationKeyRow = z.object({ verifier_key: z.string(), created_at: Timestamp });

/** Oldest first. */
export function readAttestationKeys(db: Queryable) {
  return readAll(
    db,
    AttestationKeyRow,
    `select verifier_key, ${utc("created_at")} as created_at
       from attestation_keys order by attestation_keys.created_at, id`,
  );
}
