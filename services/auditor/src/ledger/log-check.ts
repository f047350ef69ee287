import { setImmediate as breathe } from "node:timers/promises";
import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import { append, EMPTY, type Frontier, type Hash, leafHash, rootOf } from "@aura/shared/ledger/merkle";
import { parseVerifier, type Verifier } from "@aura/shared/ledger/notes";
import type { Pool } from "@aura/shared/postgres/client";
import {
  type PlacedEvent,
  readPlaced,
  readSignedRoots,
  readSignedSize,
  readSmuggled,
  type SignedRoot,
} from "../db/log-check-statements.ts";
import { readAuditKeys } from "../db/sealing-statements.ts";
import type { Kept } from "./kept-checkpoint.ts";
import { judgeCheckpoint } from "./signed-root.ts";

/** Events a look: nothing long is open meanwhile. */
const SLICE = 2000;
/** Findings of one check at most: where so much is wrong, the first ones say it. */
const FOUND_MAX = 100;

/** A place in the log where the table does not say what was written, or what was signed. */
export interface LogFinding {
  /** Sequence; null for an event that has none. */
  readonly seq: number | null;
  readonly what: string;
}

/**
 * Looks at the whole log as it lies in the database: each leaf from the bytes, the columns against the bytes, the order, and the
 * root at every size that was signed. Something of the evidence lies elsewhere too (witness, exports); this
 * is what the Auditor can see by itself.
 *
 * @param kept the newest checkpoint in the Auditor's own folder, which who holds the database cannot change
 * @param signal ends it between two slices
 * @returns null where it was ended
 */
export async function checkLog(pool: Pool, kept: Kept | null, signal: AbortSignal): Promise<LogFinding[] | null> {
  const walk = new LogWalk(kept);
  const signed = Math.max(await readSignedSize(pool), kept?.size ?? 0);
  for (;;) {
    const placed = await readPlaced(pool, walk.size, SLICE);
    if (signal.aborted) return null;
    if (placed.length === 0) walk.end(signed);
    if (placed.length === 0 || walk.findings.length >= FOUND_MAX) break;
    const last = placed.at(-1)?.seq ?? walk.size;
    const signedHere = await readSignedRoots(pool, walk.size, last + 1);
    const keys = await readAuditKeys(pool); // after them: a key is on record before it signs
    walk.take(
      placed,
      signedHere,
      keys.map(({ verifier_key }) => parseVerifier(verifier_key)),
    );
    await breathe();
  }
  const smuggled = (await readSmuggled(pool, FOUND_MAX)).map((id) => ({
    seq: null,
    what: `event ${id} was put in later, past the numbers`,
  }));
  return [...walk.findings, ...smuggled].slice(0, FOUND_MAX);
}

/** Stands where a place is gone: the tree above it cannot be the one that was signed. */
const NOTHING: Hash = Buffer.alloc(32);

interface Root {
  readonly size: number;
  readonly root: Hash;
}

class LogWalk {
  readonly findings: LogFinding[] = [];
  readonly #kept: Kept | null;
  #frontier: Frontier = EMPTY;
  #lastId = "";
  #soundUntil = 0;

  constructor(kept: Kept | null) {
    this.#kept = kept;
  }

  get size(): number {
    return this.#frontier.size;
  }

  take(placed: readonly PlacedEvent[], signed: readonly SignedRoot[], keys: readonly Verifier[]): void {
    const start = this.size;
    const leaves: Hash[] = [];
    for (const event of placed) {
      for (; start + leaves.length < event.seq; leaves.push(NOTHING))
        this.#find(start + leaves.length, "its place in the log is gone");
      leaves.push(this.#look(event));
    }
    const roots = [...this.#judge(signed, keys), ...this.#keptUntil(start + leaves.length)];
    for (const { size, root } of roots.sort((a, b) => a.size - b.size)) {
      this.#frontier = append(this.#frontier, leaves.slice(this.size - start, size - start));
      if (!rootOf(this.#frontier).equals(root))
        this.#find(this.#soundUntil, `the events from here to ${size - 1} are not those that were signed`);
      this.#soundUntil = size;
    }
    this.#frontier = append(this.#frontier, leaves.slice(this.size - start));
  }

  /** After the last place there is. */
  end(signed: number): void {
    if (signed > this.size) this.#find(this.size, `the log ends before it, and ${signed} events were signed`);
  }

  #judge(signed: readonly SignedRoot[], keys: readonly Verifier[]): Root[] {
    return signed.map((checkpoint) => {
      const { size } = checkpoint;
      const { root, wrong } = judgeCheckpoint(checkpoint, keys);
      if (wrong !== null) this.#find(size - 1, `it is the last one under a checkpoint of ${size} events that ${wrong}`);
      return { size, root };
    });
  }

  /** The Auditor's own, if it is over more events than there were yet and at most `to`. */
  #keptUntil(to: number): Root[] {
    return this.#kept !== null && this.#kept.size > this.size && this.#kept.size <= to ? [this.#kept] : [];
  }

  /** @returns the leaf as it should be: from the bytes, where there are some */
  #look({ seq, leaf, event_id, env, columns }: PlacedEvent): Hash {
    if (event_id <= this.#lastId) this.#find(seq, "its id does not come after the one before");
    this.#lastId = event_id;
    if (env === null) {
      this.#find(seq, "its event is gone");
      return leaf;
    }
    const own = leafHash(env);
    if (!own.equals(leaf)) this.#find(seq, "its bytes are not those that were numbered");
    this.#compare(seq, env, columns ?? {});
    return own;
  }

  #compare(seq: number, env: Buffer, columns: Record<string, string>): void {
    const envelope = parseEnvelope(env);
    if (envelope === null) this.#find(seq, "its bytes are no envelope");
    for (const [column, value] of envelope === null ? [] : Object.entries(columns))
      if (envelope?.[column as "id"] !== value)
        this.#find(seq, `its column ${column === "at" ? "created_at" : column} was changed`);
  }

  #find(seq: number, what: string): void {
    this.findings.push({ seq, what });
  }
}
