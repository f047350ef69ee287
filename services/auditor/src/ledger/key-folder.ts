import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createDurably, makeFolderDurably, readTextIfThere, syncFolder, writeDurably } from "./durable-file.ts";

const SEED_BYTES = 32;
const KEY = /^\d+\.key$/;
const RETIRED = /^\d+\.retired$/;

/** A private key of the Auditor, in its folder. */
export interface KeptKey {
  readonly file: string;
  /** 32 bytes. */
  readonly seed: Buffer;
}

/**
 * The Auditor's own folder, outside of the database: private keys (one a file), the newest checkpoint it signed, and what
 * a person decided about keys. Whoever can read it can sign; nobody else needs it.
 */
export class KeyFolder {
  readonly #folder: string;

  /** Makes the folder where there is none. */
  constructor(folder: string) {
    this.#folder = folder;
    makeFolderDurably(folder);
  }

  /** Keys that sign, oldest first. */
  keys(): KeptKey[] {
    return this.#names(KEY).map((file) => ({ file, seed: seedOf(file, this.#read(file)) }));
  }

  /** Keys that sign no more, and why. */
  retired(): (KeptKey & { readonly reason: string })[] {
    return this.#names(RETIRED).map((file) => {
      const [seed = "", ...reason] = this.#read(file).split("\n");
      return { file, seed: seedOf(file, seed), reason: reason.join(" ").trim() };
    });
  }

  /** @throws when another process makes the same one at this moment */
  createKey(): KeptKey {
    const numbers = [...this.#names(KEY), ...this.#names(RETIRED)].map((name) => Number.parseInt(name, 10));
    const file = `${Math.max(0, ...numbers) + 1}.key`;
    const seed = randomBytes(SEED_BYTES);
    if (!createDurably(join(this.#folder, file), `${seed.toString("base64")}\n`))
      throw new Error(`${file} is there already`);
    return { file, seed };
  }

  retire({ file, seed }: KeptKey, reason: string): void {
    this.write(file, `${seed.toString("base64")}\n${reason}\n`);
    renameSync(join(this.#folder, file), join(this.#folder, file.replace(/\.key$/, ".retired")));
    syncFolder(this.#folder);
  }

  /** The file's text; null where there is none. */
  read(file: string): string | null {
    return readTextIfThere(join(this.#folder, file));
  }

  write(file: string, text: string): void {
    writeDurably(join(this.#folder, file), text);
  }

  remove(file: string): void {
    rmSync(join(this.#folder, file), { force: true });
  }

  #names(pattern: RegExp): string[] {
    const names = readdirSync(this.#folder).filter((name) => pattern.test(name));
    return names.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
  }

  #read(file: string): string {
    return readFileSync(join(this.#folder, file), "utf8");
  }
}

function seedOf(file: string, text: string): Buffer {
  const seed = Buffer.from(text.trim(), "base64");
  if (seed.length !== SEED_BYTES) throw new Error(`${file} holds no key of ${SEED_BYTES} bytes`);
  return seed;
}
