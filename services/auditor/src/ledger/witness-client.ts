import { cosignaturesOf } from "@aura/shared/ledger/checkpoints";
import type { Hash } from "@aura/shared/ledger/merkle";
import { COSIGNATURE, formatNote, NoteError, parseNote, parseVerifier, type Verifier } from "@aura/shared/ledger/notes";
import { readBoundedText } from "../bounded-text.ts";

const PATIENCE_MS = 5000;
const REPLY_BYTES_MAX = 16 * 1024;

/** A witness as it is configured: where it is, and by which key its word is known. */
export interface Witness {
  readonly url: string;
  readonly verifier: Verifier;
}

export type WitnessAnswer =
  | { readonly kind: "cosigned"; readonly line: string }
  /** The witness has seen this size, and wants a proof from there. */
  | { readonly kind: "other_size"; readonly size: number }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** Shows a checkpoint to a witness (C2SP tlog-witness). Its cosignature is checked before it counts. */
export async function submitCheckpoint(
  { url, verifier }: Witness,
  oldSize: number,
  note: string,
  proof: readonly Hash[],
): Promise<WitnessAnswer> {
  const lines = proof.map((hash) => `${hash.toString("base64")}\n`).join("");
  const reply = await post(new URL("add-checkpoint", withSlash(url)), `old ${oldSize}\n${lines}\n${note}`);
  if (typeof reply === "string") return { kind: "unreachable", detail: reply };
  const { status, body, type } = reply;
  if (status === 200) return cosignatureIn(body, note, verifier);
  if (status === 409 && type === "text/x.tlog.size" && /^(0|[1-9]\d{0,15})\n$/.test(body))
    return { kind: "other_size", size: Number(body) };
  const detail = `${status} ${body.trim().slice(0, 200)}`;
  return status >= 500 || status === 429 ? { kind: "unreachable", detail } : { kind: "refused", detail };
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

function cosignatureIn(body: string, note: string, verifier: Verifier): WitnessAnswer {
  const line = body.trimEnd().split("\n")[0] ?? "";
  try {
    const cosigned = cosignaturesOf(parseNote(formatNote(parseNote(note).text, [line])), [verifier]);
    if (cosigned.length === 1) return { kind: "cosigned", line };
    return { kind: "refused", detail: "its cosignature is of another key than the one it is known by" };
  } catch (error) {
    if (error instanceof NoteError) return { kind: "refused", detail: error.message };
    throw error;
  }
}

async function post(url: URL, body: string) {
  try {
    return await ask(url, { method: "POST", body, headers: { "content-type": "text/plain" } });
  } catch (error) {
    const { cause, message } = error as Error;
    return cause instanceof Error ? `${message}: ${cause.message}` : message;
  }
}

async function ask(url: URL, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, redirect: "error", signal: AbortSignal.timeout(PATIENCE_MS) });
  const body = response.body === null ? "" : await readBoundedText(response.body, REPLY_BYTES_MAX);
  return { status: response.status, type: response.headers.get("content-type"), body };
}

/** Addresses are those of folders: what a witness offers lies in them. */
function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}
