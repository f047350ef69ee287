import { hash } from "node:crypto";
import type { Envelope } from "../envelopes.ts";
import { decodeBase64 } from "../notes.ts";
import type { ArchivedHashes } from "./archive.ts";
import { CannotTell, Tampered } from "./findings.ts";

/** Payloads: as they were written, or gone for a reason that the log tells. */
export class Payloads {
  readonly #missing = new Map<string, { readonly seq: number; readonly sha256: string }>();
  readonly #erased = new Set<string>();
  readonly #archived: { first: string; last: string }[] = [];
  #kept = 0;

  /** Events that tell why others have no payload any more. */
  note({ event_type, subject_type, subject_id, set }: Envelope): void {
    if (event_type === "payload.erased" && subject_type === "audit_payloads") this.#erased.add(subject_id);
    if (event_type === "archive_segment.created")
      this.#archived.push({ first: set.first_event_id ?? "", last: set.last_event_id ?? "" });
  }

  /** @param payload as in an export: undefined where the event has none, null where it is not kept any more */
  take(seq: number, { id, payload_sha256 }: Envelope, payload: unknown): void {
    if (payload_sha256 === "" || payload === undefined) {
      if (payload_sha256 === "" && payload === undefined) return;
      throw new Tampered(seq, payload_sha256 === "" ? "it has a payload that it never had" : "its payload is left out");
    }
    if (payload === null) return void this.#missing.set(id, { seq, sha256: payload_sha256 });
    const { salt, bytes } = payload as Record<string, unknown>;
    const isHex = typeof salt === "string" && /^[0-9a-f]{64}$/.test(salt);
    const body = bytes === "" ? Buffer.alloc(0) : typeof bytes === "string" ? decodeBase64(bytes) : null;
    if (!isHex || body === null || Object.keys(payload).join() !== "salt,bytes")
      throw new Tampered(seq, "its payload is malformed");
    if (hash("sha256", Buffer.concat([Buffer.from(salt, "hex"), body])) !== payload_sha256)
      throw new Tampered(seq, "its payload is not the one that it was written with");
    this.#kept += 1;
  }

  /** @param whole whether all events were there, so that one that tells why would have been seen */
  checks(whole: boolean): (() => void)[] {
    return [...this.#missing].map(([id, { seq }]) => () => {
      if (this.#erased.has(id) || this.#isArchived(id)) return;
      if (whole) throw new Tampered(seq, "its payload is gone, and no event says so");
      throw new CannotTell(`the payload of event ${seq} is gone; why is written in the whole log only`);
    });
  }

  /** Those in the archive, where the caller has it. */
  archiveChecks(archive: ArchivedHashes): (() => void)[] {
    return [...this.#missing].map(([id, { seq, sha256 }]) => () => {
      if (this.#erased.has(id) || !this.#isArchived(id)) return;
      const held = archive.get(id);
      if (held === undefined) throw new CannotTell(`the archive that was given lacks the payload of event ${seq}`);
      if (held.some((one) => one !== sha256))
        throw new Tampered(seq, "its payload in the archive is not the one that it was written with");
    });
  }

  summary(): { kept: number; erased: number; archived: number } {
    const erased = [...this.#missing.keys()].filter((id) => this.#erased.has(id)).length;
    return { kept: this.#kept, erased, archived: this.#missing.size - erased };
  }

  #isArchived(id: string): boolean {
    return this.#archived.some(({ first, last }) => first <= id && id <= last);
  }
}
