import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { parseNote } from "@aura/shared/ledger/notes";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { readTextIfThere, writeDurably } from "../ledger/durable-file.ts";

/** Logs of which the witness keeps something at most. */
const LOGS_MAX = 1000;

/** The newest checkpoint seen of a log. */
export interface KeptCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  /** With the cosignature. */
  readonly note: string;
}

/**
 * The newest checkpoint of each log, a file each. Looking at what is kept and keeping something else is one step for each
 * log: nobody else's comes between, and it is on the disk before anybody is told.
 */
export class KeptCheckpoints {
  readonly #folder: string;
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** @param id SHA-256 of the log's name, in hexadecimal */
  read(id: string): KeptCheckpoint | null {
    const note = readTextIfThere(this.#file(id));
    if (note === null) return null;
    const { size, root } = parseCheckpoint(parseNote(note).text);
    return { size, root, note };
  }

  /**
   * @param decide gets what is kept, and gives what is to be kept instead (null: nothing changes) and an answer
   * @returns the answer, once it is kept
   */
  async turn<T>(
    origin: string,
    decide: (kept: KeptCheckpoint | null) => { keep: string | null; answer: T },
  ): Promise<T> {
    const before = this.#turns.get(origin) ?? Promise.resolve();
    const mine = before.then(() => this.#decide(originId(origin), decide));
    const settled = mine.catch(() => undefined);
    this.#turns.set(origin, settled);
    try {
      return await mine;
    } finally {
      if (this.#turns.get(origin) === settled) this.#turns.delete(origin);
    }
  }

  #decide<T>(id: string, decide: (kept: KeptCheckpoint | null) => { keep: string | null; answer: T }): T {
    const kept = this.read(id);
    const { keep, answer } = decide(kept);
    if (keep === null) return answer;
    if (kept === null && readdirSync(this.#folder).length >= LOGS_MAX) throw new Error(`more than ${LOGS_MAX} logs`);
    writeDurably(this.#file(id), keep);
    return answer;
  }

  #file(id: string): string {
    return join(this.#folder, `${id}.checkpoint`);
  }
}

export function originId(origin: string): string {
  return sha256Hex(origin);
}
