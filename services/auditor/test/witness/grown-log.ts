import { randomBytes } from "node:crypto";
import { formatCheckpoint, parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { append, EMPTY, type Hash, leafHash, rootOf } from "@aura/shared/ledger/merkle";
import { formatNote, parseNote, type Signer, signerOf, signText } from "@aura/shared/ledger/notes";
import { consistencyPath, foldNodes, type Node } from "@aura/shared/ledger/proofs";

/** A log in memory that can sign and prove any size of itself, and become two. */
export class GrownLog {
  readonly signer: Signer;
  readonly #leaves: readonly Hash[];

  private constructor(signer: Signer, leaves: readonly Hash[]) {
    this.signer = signer;
    this.#leaves = leaves;
  }

  static of(size: number, origin = "aura_orchestra/of-a-test/1"): GrownLog {
    return new GrownLog(signerOf(origin, randomBytes(32)), leavesOf("event", 0, size));
  }

  get size(): number {
    return this.#leaves.length;
  }

  /** The same first `size` events, and then others: what a log that is honest never has. */
  fork(size: number, grown: number, word: string): GrownLog {
    return new GrownLog(this.signer, [...this.#leaves.slice(0, size), ...leavesOf(word, size, grown)]);
  }

  root(size = this.size): Hash {
    return rootOf(append(EMPTY, this.#leaves.slice(0, size)));
  }

  text(size = this.size): string {
    return formatCheckpoint({ origin: this.signer.verifier.name, size, root: this.root(size) });
  }

  note(size = this.size, signers: readonly Signer[] = [this.signer]): string {
    const text = this.text(size);
    return formatNote(
      text,
      signers.map((signer) => signText(text, signer)),
    );
  }

  proof(from: number, to = this.size): Hash[] {
    return consistencyPath(from, to).map((nodes) => foldNodes(nodes.map((node) => this.#subtree(node))));
  }

  /** Body of an `add-checkpoint`. */
  wish(from: number, to = this.size): string {
    return wishOf(from, this.proof(from, to), this.note(to));
  }

  #subtree({ height, position }: Node): Hash {
    const width = 2 ** height;
    return rootOf(append(EMPTY, this.#leaves.slice(position * width, (position + 1) * width)));
  }
}

export function wishOf(from: number | string, proof: readonly Hash[], note: string): string {
  return `old ${from}\n${proof.map((hash) => `${hash.toString("base64")}\n`).join("")}\n${note}`;
}

export function checkpointOf(note: string) {
  return parseCheckpoint(parseNote(note).text);
}

function leavesOf(word: string, from: number, to: number): Hash[] {
  return Array.from({ length: to - from }, (_, index) => leafHash(Buffer.from(`${word} ${from + index}`)));
}
