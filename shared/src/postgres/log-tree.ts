import { z } from "zod";
import { append, EMPTY, type Frontier, type Hash, rootOf } from "../ledger/merkle.ts";
import { foldNodes, frontierNodes, type Node } from "../ledger/proofs.ts";
import { tileRangeOf } from "../ledger/tiles.ts";
import { invariant } from "../problems.ts";
import type { Queryable } from "./client.ts";

const HashRow = z.object({ n: z.int(), hash: z.instanceof(Buffer) });

/**
 * Hashes `start` to `start + count - 1` of a tile level: of level 0 the leaves, of level L the roots of 256^L leaves each.
 *
 * @returns fewer than `count` where the log has no more, never with a gap
 */
export async function readTileHashes(db: Queryable, level: number, start: number, count: number): Promise<Hash[]> {
  const text =
    level === 0
      ? "select seq - $1::bigint as n, leaf as hash from audit_leaves where seq >= $1 and seq < $1::bigint + $2 order by seq"
      : `select position - $1::bigint as n, root as hash from audit_subtrees
          where level = $3 and position >= $1 and position < $1::bigint + $2 order by position`;
  const { rows } = await db.query(text, level === 0 ? [start, count] : [start, count, level]);
  const hashes = z.array(HashRow.extend({ n: z.coerce.number() })).parse(rows);
  invariant(
    hashes.every(({ n }, index) => n === index),
    `hashes of level ${level} from ${start} on have no gap`,
  );
  return hashes.map(({ hash }) => hash);
}

/** The hashes of a proof (see ledger/proofs.ts), each folded from its nodes. */
export async function readProof(db: Queryable, path: readonly (readonly Node[])[]): Promise<Hash[]> {
  const proof: Hash[] = [];
  for (const nodes of path) proof.push(foldNodes(await readNodes(db, nodes)));
  return proof;
}

/** What is needed to let the tree of the first `size` leaves grow. */
export async function readFrontier(db: Queryable, size: number): Promise<Frontier> {
  return { size, roots: await readNodes(db, frontierNodes(size)) };
}

async function readNodes(db: Queryable, nodes: readonly Node[]): Promise<Hash[]> {
  const roots: Hash[] = [];
  for (const node of nodes) {
    const { level, start, count } = tileRangeOf(node);
    const hashes = await readTileHashes(db, level, start, count);
    invariant(hashes.length === count, `the log has the ${count} hashes of level ${level} from ${start} on`);
    roots.push(rootOf(append(EMPTY, hashes))); // a tree of roots is a tree
  }
  return roots;
}
