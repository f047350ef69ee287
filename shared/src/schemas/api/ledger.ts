import { z } from "zod";
import { Id, PageQuery, Sha256, Timestamp } from "./conventions.ts";

const Count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const Base64 = z.string().meta({ description: "standard base64" });

/** That an event lies in the log under a signed checkpoint. Source: RFC 9162, section 2.1.3. */
export const InclusionProof = z
  .strictObject({
    event_id: Id,
    seq: z.int().meta({ description: "its index in the tree" }),
    envelope: z.string().meta({ description: "the bytes that the leaf is the hash of, as text" }),
    leaf: Sha256,
    size: z.int().meta({ description: "of the checkpoint" }),
    root: Sha256,
    proof: z.array(Base64),
    checkpoint: z.string().meta({ description: "signed note, with the cosignatures of witnesses" }),
  })
  .meta({ id: "InclusionProof" });

export const ConsistencyQuery = z.strictObject({ from: Count, to: Count });

/** That the log of `to` events begins with the log of `from` events. Source: RFC 9162, section 2.1.4. */
export const ConsistencyProof = z
  .strictObject({ from: z.int(), to: z.int(), proof: z.array(Base64) })
  .meta({ id: "ConsistencyProof" });

/** Public keys that signed the log. Whoever checks it takes them from elsewhere, and compares. */
export const AuditKeys = z
  .strictObject({
    items: z.array(
      z.strictObject({
        verifier_key: z.string(),
        created_at: Timestamp,
        retired_at: Timestamp.nullable(),
        reason: z.string(),
      }),
    ),
    attestation_keys: z
      .array(z.strictObject({ verifier_key: z.string(), pem: z.string(), created_at: Timestamp }))
      .meta({ description: "they sign attestations of deliveries and nothing of the log" }),
  })
  .meta({ id: "AuditKeys" });

export const AuditCheckpoint = z
  .strictObject({
    size: z.int(),
    root: Sha256,
    note: z.string(),
    signed_at: Timestamp,
    cosigned_by: z.array(z.string()).meta({ description: "names of witnesses" }),
  })
  .meta({ id: "AuditCheckpoint" });

export const AuditCheckpointListQuery = PageQuery;

export const ExportQuery = z.strictObject({
  format: z.enum(["jsonl", "csv"]).default("jsonl").meta({
    description: "jsonl: to be checked offline (docs/architecture/LEDGER_FORMAT.md, section 8); csv: to be read",
  }),
});
