import { append, EMPTY, type Hash, rootOf } from "@aura/shared/ledger/merkle";
import { foldNodes, inclusionPath, type Node } from "@aura/shared/ledger/proofs";
import { TILE_WIDTH, tileRangeOf } from "@aura/shared/ledger/tiles";
import type { Queryable } from "@aura/shared/postgres/client";
import { readTileHashes } from "@aura/shared/postgres/log-tree";

/** Many inclusion proofs under one checkpoint: neighbours share almost all of their hashes, so each tile is read once. */
export class ProofReader {
  readonly #db: Queryable;
  readonly #size: number;
  readonly #tiles = new Map<string, Promise<Hash[]>>();
  readonly #nodes = new Map<string, Hash>();

  /** @param size of the checkpoint */
  constructor(db: Queryable, size: number) {
    this.#db = db;
    this.#size = size;
  }

  async proofOf(seq: number): Promise<Hash[]> {
    const proof: Hash[] = [];
    for (const nodes of inclusionPath(seq, this.#size)) {
      const hashes: Hash[] = [];
      for (const node of nodes) hashes.push(await this.#hashOf(node));
      proof.push(foldNodes(hashes));
    }
    return proof;
  }

  async #hashOf(node: Node): Promise<Hash> {
    const name = `${node.height}/${node.position}`;
    const known = this.#nodes.get(name);
    if (known !== undefined) return known;
    const { level, start, count } = tileRangeOf(node);
    const first = start % TILE_WIDTH;
    const hashes = (await this.#tile(level, Math.floor(start / TILE_WIDTH))).slice(first, first + count);
    if (hashes.length !== count) throw new Error(`the log lacks hashes of level ${level} from ${start} on`);
    const root = rootOf(append(EMPTY, hashes)); // a tree of roots is a tree
    this.#nodes.set(name, root);
    return root;
  }

  #tile(level: number, index: number): Promise<Hash[]> {
    const name = `${level}/${index}`;
    const tile = this.#tiles.get(name) ?? readTileHashes(this.#db, level, index * TILE_WIDTH, TILE_WIDTH);
    this.#tiles.set(name, tile);
    return tile;
  }
}
