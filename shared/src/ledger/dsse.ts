import { sign, verify } from "node:crypto";
import { decodeBase64, type Signer, type Verifier } from "./notes.ts";

/** Of an in-toto statement. Source: in-toto attestation framework, envelope layer v1. */
export const STATEMENT_TYPE = "application/vnd.in-toto+json";

/** What is the matter with a text that is no envelope, or with its signature. */
export class DsseError extends Error {}

/** The bytes that are signed: a payload and what it is, each with its length. Source: DSSE v1, protocol. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `;
  return Buffer.concat([Buffer.from(head), payload]);
}

/** A DSSE envelope with one signature, as canonical JSON. Equal statements and keys give equal bytes. */
export function signEnvelope(payload: Uint8Array, { key, verifier }: Signer): string {
  const sig = sign(null, preAuthEncoding(STATEMENT_TYPE, payload), key).toString("base64");
  const signatures = [{ keyid: verifier.keyId, sig }];
  return JSON.stringify({ payload: Buffer.from(payload).toString("base64"), payloadType: STATEMENT_TYPE, signatures });
}

/**
 * The payload of an envelope with exactly one signature, that of `verifier`.
 *
 * @throws {DsseError} saying what is wrong with it
 */
export function openEnvelope(text: string, verifier: Verifier): Buffer {
  const { payload, payloadType, signatures } = parseObject(text);
  const bytes = typeof payload === "string" ? decodeBase64(payload) : null;
  if (payloadType !== STATEMENT_TYPE || bytes === null) throw new DsseError("it is no envelope of a statement");
  const [signature, ...more] = Array.isArray(signatures) ? signatures : [];
  const { keyid, sig } = (signature ?? {}) as Record<string, unknown>;
  const signed = typeof sig === "string" ? decodeBase64(sig) : null;
  if (signed === null || more.length > 0 || keyid !== verifier.keyId)
    throw new DsseError(`it is not signed by the key ${verifier.keyId} alone`);
  if (!verify(null, preAuthEncoding(STATEMENT_TYPE, bytes), verifier.key, signed))
    throw new DsseError(`its signature by the key ${verifier.keyId} is wrong`);
  return bytes;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new DsseError("it is no JSON object");
}
