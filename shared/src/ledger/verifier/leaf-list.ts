import type { Hash } from "../merkle.ts";

const BYTES = 32;

/** Leaves one behind the other in 32 bytes each, because there may be many millions. */
export class LeafList {
  #bytes = Buffer.alloc(BYTES * 1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(leaf: Hash): void {
    const at = this.#size * BYTES;
    if (at === this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(at)]);
    leaf.copy(this.#bytes, at);
    this.#size += 1;
  }

  at(index: number): Hash {
    return this.#bytes.subarray(index * BYTES, (index + 1) * BYTES);
  }

  *slice(start: number, end = this.#size): Generator<Hash> {
    for (let index = start; index < end; index++) yield this.at(index);
  }
}
