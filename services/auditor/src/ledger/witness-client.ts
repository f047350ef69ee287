import { cosignaturesOf, parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import type { Hash } from "@aura/shared/ledger/merkle";
import {
  COSIGNATURE,
  formatNote,
  NoteError,
  parseNote,
  parseSignature,
  parseVerifier,
  type Verifier,
} from "@aura/shared/ledger/notes";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { readBoundedText } from "../bounded-text.ts";

const PATIENCE_MS = 5000;
const REPLY_BYTES_MAX = 32 * 1024;
const DETAIL_MAX = 200;

/** A witness as it is configured: where it is, and by which key its word is known. */
export interface Witness {
  readonly url: string;
  readonly verifier: Verifier;
}

export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly line: string }
  /** The witness has seen this size, and wants a proof from there. */
  | { readonly kind: "other_size"; readonly size: number }
  /** What was shown does not continue what the witness has seen. */
  | { readonly kind: "contradicted"; readonly detail: string }
  /** It does not know this log, or is not the witness it is taken for: nothing is said about the log. */
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

/** Shows a checkpoint to a witness (C2SP tlog-witness). Its cosignature is checked before it counts. */
export async function submitCheckpoint(
  { url, verifier }: Witness,
  oldSize: number,
  note: string,
  proof: readonly Hash[],
): Promise<WitnessAnswer> {
  const lines = proof.map((hash) => `${hash.toString("base64")}\n`).join("");
  const body = `old ${oldSize}\n${lines}\n${note}`;
  const init = { method: "POST", body, headers: { "content-type": "text/plain" } };
  const reply = await tryAsking(new URL("add-checkpoint", withSlash(url)), init);
  if (typeof reply === "string") return { kind: "unreachable", detail: reply };
  const { text } = parseNote(note);
  return reply.status === 200
    ? cosignatureIn(reply.body, text, verifier)
    : refusalIn(reply, oldSize === parseCheckpoint(text).size);
}

/**
 * The key that the witness at this address shows; null when it shows none.
 *
 * @throws when it does not answer
 */
export async function fetchWitnessKey(url: string): Promise<Verifier | null> {
  const { status, body } = await ask(new URL("key", withSlash(url)));
  try {
    const verifier = parseVerifier(body.trim());
    return status === 200 && verifier.kind === COSIGNATURE ? verifier : null;
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

/** The newest note of a log that a witness has, unchecked; null where it has none or does not show it. */
export async function fetchKeptNote(url: string, origin: string): Promise<string | null> {
  const reply = await tryAsking(new URL(`${sha256Hex(origin)}/checkpoint`, withSlash(url)));
  return typeof reply !== "string" && reply.status === 200 ? reply.body : null;
}

/** A witness may sign with several keys; lines of keys that nobody here knows say nothing. */
function cosignatureIn(body: string, text: string, verifier: Verifier): WitnessAnswer {
  try {
    const lines = body.split("\n").filter((line) => line !== "");
    for (const line of lines.filter((one) => parseSignature(one).keyId === verifier.keyId)) {
      const [cosigned] = cosignaturesOf(parseNote(formatNote(text, [line])), [verifier]);
      if (cosigned !== undefined && cosigned.time > 0) return { kind: "cosigned", line };
    }
    return { kind: "refused", detail: `it did not cosign with the key ${verifier.keyId} that it is known by` };
  } catch (error) {
    if (error instanceof NoteError) return { kind: "refused", detail: error.message };
    throw error;
  }
}

/** @param sameSize whether what was shown is as large as what the witness has: then it has another root */
function refusalIn({ status, type, body }: Reply, sameSize: boolean): WitnessAnswer {
  if (status === 409 && type?.split(";")[0] === "text/x.tlog.size" && /^(0|[1-9]\d{0,15})\n$/.test(body))
    return { kind: "other_size", size: Number(body) };
  const detail = `${status} ${body
    .slice(0, DETAIL_MAX)
    .replace(/\p{Cc}+/gu, " ")
    .trim()}`; // it becomes part of an event
  if (status === 422 || (status === 409 && sameSize)) return { kind: "contradicted", detail };
  return { kind: status >= 500 || status === 429 ? "unreachable" : "refused", detail };
}

/** @returns why there is no reply, as a text */
async function tryAsking(url: URL, init?: RequestInit): Promise<Reply | string> {
  try {
    return await ask(url, init);
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  }
}

async function ask(url: URL, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
  const body = response.body === null ? "" : await readBoundedText(response.body, REPLY_BYTES_MAX);
  return { status: response.status, type: response.headers.get("content-type"), body };
}

/** Addresses are those of folders: what a witness offers lies in them. */
function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
