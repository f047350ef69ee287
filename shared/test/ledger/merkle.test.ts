import { append, countRoots, EMPTY, EMPTY_ROOT, leafHash, rootOf } from "@aura/shared/ledger/merkle";
import {
  consistencyPath,
  foldNodes,
  frontierNodes,
  inclusionPath,
  type Node,
  verifyConsistency,
  verifyInclusion,
} from "@aura/shared/ledger/proofs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ENTRIES, fromBase64, VECTORS } from "./vectors.ts";

const LEAVES = ENTRIES.map(leafHash);
const ROOTS = LEAVES.concat(Buffer.alloc(0)).map((_, size) => rootOf(append(EMPTY, LEAVES.slice(0, size))));
const NODES = new Map(LEAVES.map((leaf, position) => [`0/${position}`, leaf]));
append(EMPTY, LEAVES, (height, position, root) => NODES.set(`${height}/${position}`, root));

/** The hashes of a path, from the perfect subtrees of the tree. */
function hashesOf(path: readonly (readonly Node[])[]): Buffer[] {
  return path.map((nodes) =>
    foldNodes(nodes.map(({ height, position }) => NODES.get(`${height}/${position}`) ?? Buffer.alloc(0))),
  );
}

const root = (size: number) => ROOTS[size] ?? EMPTY_ROOT;
const leaf = (index: number) => LEAVES[index] ?? EMPTY_ROOT;
const inclusion = (index: number, size: number) => hashesOf(inclusionPath(index, size));
const consistency = (from: number, to: number) => hashesOf(consistencyPath(from, to));
const includes = (index: number, size: number, proof: Buffer[]) =>
  verifyInclusion(index, size, leaf(index), proof, root(size));
const continues = (from: number, to: number, proof: Buffer[]) =>
  verifyConsistency(from, to, proof, root(from), root(to));

describe("the tree", () => {
  test("has the roots that another implementation computes, at every size up to 71", () => {
    expect(ROOTS.map((hash) => hash.toString("hex"))).toEqual(VECTORS.roots);
  });

  test("has the published roots of Certificate Transparency", () => {
    const entries = VECTORS.published_entries.map((hex) => leafHash(Buffer.from(hex, "hex")));
    const roots = entries.map((_, n) => rootOf(append(EMPTY, entries.slice(0, n + 1))).toString("hex"));
    expect(roots).toEqual(VECTORS.published_roots);
    expect(roots.at(-1)).toBe("5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    expect(EMPTY_ROOT.toString("hex")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  });

  test("grows the same in whatever portions leaves come", () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 71 }), { maxLength: 6 });
    const same = fc.property(cuts, (places) => {
      const ends = [...places.sort((a, b) => a - b), 71];
      let frontier = EMPTY;
      for (const end of ends) frontier = append(frontier, LEAVES.slice(frontier.size, end));
      expect(rootOf(frontier)).toEqual(root(71));
      expect(frontier.roots).toHaveLength(countRoots(71));
    });
    fc.assert(same);
  });

  test("a leaf never passes for a node", () => {
    const [left, right] = [leaf(0), leaf(1)];
    expect(leafHash(Buffer.concat([left, right]))).not.toEqual(root(2));
  });
});

describe("inclusion proofs", () => {
  test.each(VECTORS.inclusion)("of $index in $size are those of another implementation", ({ index, size, proof }) => {
    expect(inclusion(index, size)).toEqual(fromBase64(proof));
    expect(includes(index, size, fromBase64(proof))).toBe(true);
  });

  test("hold for every leaf of every tree, and for no other place, leaf, size or root", () => {
    const wrong: string[] = [];
    for (let size = 1; size <= 71; size++)
      for (let index = 0; index < size; index++) {
        const proof = inclusion(index, size);
        const at = (i: number, hash = leaf(index), n = size) => verifyInclusion(i, n, hash, proof, root(n));
        const other = leaf(index === 0 ? 1 : 0);
        const passing = [at(index + 1), at(index - 1), at(index, other), at(index, leaf(index), size - 1)];
        if (!at(index) || passing.includes(true)) wrong.push(`${index} of ${size}: ${passing}`);
      }
    expect(wrong).toEqual([]);
  });

  test("changed, longer or shorter prove nothing", () => {
    const change = fc.record({ size: fc.integer({ min: 2, max: 71 }), at: fc.nat(), step: fc.nat(), bit: fc.nat(255) });
    const refused = fc.property(change, ({ size, at, step, bit }) => {
      const index = at % size;
      const proof = inclusion(index, size);
      expect(includes(index, size, forged(proof, step, bit))).toBe(false);
      expect(includes(index, size, proof.slice(0, -1))).toBe(false);
      expect(includes(index, size, [...proof, leaf(0)])).toBe(false);
      expect(
        includes(
          index,
          size,
          proof.map((hash) => hash.subarray(0, 31)),
        ),
      ).toBe(false);
    });
    fc.assert(refused, { numRuns: 300 });
  });

  test("there is none for what is not in the tree", () => {
    for (const [index, size] of [
      [0, 0],
      [5, 5],
      [-1, 5],
      [Number.NaN, 5],
      [1.5, 5],
    ] as const)
      expect(verifyInclusion(index, size, leaf(0), [], root(size))).toBe(false);
    expect(() => inclusionPath(5, 5)).toThrow(RangeError);
    expect(() => inclusionPath(-1, 5)).toThrow(RangeError);
  });
});

describe("consistency proofs", () => {
  test.each(VECTORS.consistency)("from $from to $to are those of another implementation", ({ from, to, proof }) => {
    expect(consistency(from, to)).toEqual(fromBase64(proof));
    expect(continues(from, to, fromBase64(proof))).toBe(true);
  });

  test("hold for every pair of sizes, and for no other roots", () => {
    const wrong: string[] = [];
    for (let to = 1; to <= 71; to++)
      for (let from = 0; from <= to; from++) {
        const proof = consistency(from, to);
        const between = (old: Buffer, next: Buffer) => verifyConsistency(from, to, proof, old, next);
        const passing = [from > 0 && between(root(from - 1), root(to)), from > 0 && between(root(from), root(to - 1))];
        if (!continues(from, to, proof) || passing.includes(true)) wrong.push(`${from} to ${to}: ${passing}`);
      }
    expect(wrong).toEqual([]);
  });

  test("changed, longer or shorter prove nothing", () => {
    const change = fc.record({ to: fc.integer({ min: 2, max: 71 }), at: fc.nat(), step: fc.nat(), bit: fc.nat(255) });
    const refused = fc.property(change, ({ to, at, step, bit }) => {
      const from = 1 + (at % (to - 1));
      const proof = consistency(from, to);
      expect(continues(from, to, forged(proof, step, bit))).toBe(false);
      expect(continues(from, to, proof.slice(0, -1))).toBe(false);
      expect(continues(from, to, [...proof, leaf(0)])).toBe(false);
      expect(continues(from, to, [leaf(0), ...proof])).toBe(false);
    });
    fc.assert(refused, { numRuns: 300 });
  });

  test("from nothing and from itself are empty, and stand for nothing else", () => {
    expect([continues(0, 9, []), continues(9, 9, [])]).toEqual([true, true]);
    expect([continues(0, 9, [leaf(0)]), continues(9, 9, [leaf(0)]), continues(10, 9, [])]).toEqual([
      false,
      false,
      false,
    ]);
    expect(verifyConsistency(9, 9, [], root(9), root(8))).toBe(false);
    expect(() => consistencyPath(10, 9)).toThrow(RangeError);
  });
});

describe("beyond 2^32 leaves", () => {
  const huge = fc.integer({ min: 2 ** 32, max: Number.MAX_SAFE_INTEGER });

  /** A tree of a size that nobody can build: every perfect subtree has a hash that says where it is. */
  const hashAt = ({ height, position }: Node) => leafHash(Buffer.from(`${height}/${position}`));
  const isLeaf = ({ height }: Node) => height === 0;

  test("a tree consists of as many perfect subtrees as its size has ones, and they cover it", () => {
    const covered = fc.property(huge, (size) => {
      const nodes = frontierNodes(size);
      expect(nodes).toHaveLength(BigInt(size).toString(2).replaceAll("0", "").length);
      expect(countRoots(size)).toBe(nodes.length);
      expect(nodes.reduce((sum, { height }) => sum + 2 ** height, 0)).toBe(size);
      let end = 0;
      for (const { height, position } of nodes) {
        expect(position * 2 ** height).toBe(end);
        end += 2 ** height;
      }
    });
    fc.assert(covered, { numRuns: 200 });
  });

  test("an inclusion proof has one step for each split, and covers everything but the leaf", () => {
    const covered = fc.property(huge, fc.double({ min: 0, max: 1, noNaN: true }), (size, part) => {
      const index = Math.min(Math.floor(size * part), size - 1);
      const path = inclusionPath(index, size).flat();
      const sum = path.reduce((leaves, { height }) => leaves + 2n ** BigInt(height), 1n);
      expect(sum).toBe(BigInt(size));
      expect(path.some((node) => isLeaf(node) && node.position === index)).toBe(false);
      expect(inclusionPath(index, size).length).toBeLessThanOrEqual(53);
    });
    fc.assert(covered, { numRuns: 200 });
  });

  test("of a log that had a power of two leaves, the steps to a larger size hold, and no others", () => {
    for (const from of [2 ** 33, 2 ** 40, 2 ** 52]) {
      const to = from + 5;
      const [old] = frontierNodes(from).map(hashAt);
      const proof = consistencyPath(from, to).map((nodes) => foldNodes(nodes.map(hashAt)));
      const newRoot = foldNodes(frontierNodes(to).map(hashAt));
      if (old === undefined) throw new Error("a tree has nodes");
      expect(verifyConsistency(from, to, proof, old, newRoot)).toBe(true);
      expect(verifyConsistency(from, 2 * from + 1, proof, old, newRoot)).toBe(false); // that takes two steps
      expect(verifyConsistency(from, to, [...proof].reverse(), old, newRoot)).toBe(proof.length < 2);
      expect(verifyConsistency(from, Number.MAX_SAFE_INTEGER + 1, proof, old, newRoot)).toBe(false);
    }
  });
});

/** With one bit of one of its hashes flipped. */
function forged(proof: readonly Buffer[], step: number, bit: number): Buffer[] {
  return proof.map((hash, n) => {
    if (n !== step % proof.length) return hash;
    const bytes = Buffer.from(hash);
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    return bytes;
  });
}
