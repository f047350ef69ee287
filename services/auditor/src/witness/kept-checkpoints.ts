import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { parseNote } from "@aura/shared/ledger/notes";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { createDurably, makeFolderDurably, readTextIfThere } from "../ledger/durable-file.ts";

/** Logs of which the witness keeps something at most. */
const LOGS_MAX = 1000;
/** Checkpoints kept of a log: whoever lists the folder while one comes and one goes still sees one. */
const KEPT = 2;
/** How often a decision is taken anew because another process was faster. */
const ATTEMPTS = 10;
const FILE = /^([0-9a-f]{64})\.(\d{1,15})$/;

/** The newest checkpoint seen of a log. */
export interface KeptCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  /** With the cosignature. */
  readonly note: string;
}

/** A note to be kept (null: nothing new), and what is answered once it is. */
export interface Decision<T> {
  readonly keep: string | null;
  readonly answer: T;
}

/**
 * The newest checkpoint of each log, in files `<SHA-256 of the log's name>.<how many were kept before>`. A file is made once,
 * and never replaced; the last one counts. So each has one successor, whichever processes share the folder by mistake, and
 * the slower of two writers has to look again. What is kept is on the disk before anybody is told.
 */
export class KeptCheckpoints {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    makeFolderDurably(folder);
    for (const name of readdirSync(folder)) if (name.endsWith(".new")) rmSync(join(folder, name), { force: true });
  }

  /** @param id SHA-256 of the log's name, in hexadecimal */
  read(id: string): KeptCheckpoint | null {
    return this.#newest(id)?.kept ?? null;
  }

  /** Looks at what is kept and keeps something else, in one step: `decide` is asked again when something came between. */
  decide<T>(origin: string, decide: (kept: KeptCheckpoint | null) => Decision<T>): T {
    const id = originId(origin);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const newest = this.#newest(id);
      const { keep, answer } = decide(newest?.kept ?? null);
      if (keep === null) return answer;
      if (newest === null && this.#logs() >= LOGS_MAX) throw new Error(`more than ${LOGS_MAX} logs`);
      if (this.#keep(id, (newest?.number ?? 0) + 1, keep)) return answer;
    }
    throw new Error("another process keeps checkpoints of this log, too");
  }

  /** @returns whether it is the last one: a process that slept may have made a number that had been and gone */
  #keep(id: string, number: number, note: string): boolean {
    if (!createDurably(this.#file(id, number), note)) return false;
    const numbers = this.#numbers(id);
    for (const old of numbers.slice(KEPT)) rmSync(this.#file(id, old), { force: true });
    return numbers[0] === number;
  }

  #newest(id: string): { readonly number: number; readonly kept: KeptCheckpoint } | null {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const number = this.#numbers(id)[0];
      if (number === undefined) return null;
      const note = readTextIfThere(this.#file(id, number));
      if (note === null) continue; // two newer ones came since
      const { size, root } = parseCheckpoint(parseNote(note).text);
      return { number, kept: { size, root, note } };
    }
    throw new Error("another process keeps checkpoints of this log, too");
  }

  /** Of what is kept of a log, the last one first. */
  #numbers(id: string): number[] {
    const numbers = readdirSync(this.#folder).flatMap((name) => {
      const [, of, number] = FILE.exec(name) ?? [];
      return of === id ? [Number(number)] : [];
    });
    return numbers.sort((a, b) => b - a);
  }

  #logs(): number {
    return new Set(readdirSync(this.#folder).flatMap((name) => FILE.exec(name)?.[1] ?? [])).size;
  }

  #file(id: string, number: number): string {
    return join(this.#folder, `${id}.${number}`);
  }
}

export function originId(origin: string): string {
  return sha256Hex(origin);
}
