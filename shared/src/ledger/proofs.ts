import { EMPTY_ROOT, type Hash, nodeHash } from "./merkle.ts";

/** The perfect subtree of the leaves `position * 2^height` up to the next one of its height. */
export interface Node {
  readonly height: number;
  readonly position: number;
}

/** The tree of the leaves from `start` on, `end` left out. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * What an inclusion proof consists of, each of its hashes as the nodes that it is made of (see {@link foldNodes}).
 * Source: RFC 9162, section 2.1.3.1.
 *
 * @throws {RangeError} unless 0 <= index < size
 */
export function inclusionPath(index: number, size: number): Node[][] {
  if (!(index >= 0 && index < size)) throw new RangeError(`no leaf ${index} in a tree of ${size}`);
  const path: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    path.push(index < middle ? { start: middle, end } : { start, end: middle });
    [start, end] = index < middle ? [start, middle] : [middle, end];
  }
  return path.reverse().map(nodesOf);
}

/**
 * What a consistency proof from one size to a later one consists of. Source: RFC 9162, section 2.1.4.1.
 *
 * @throws {RangeError} unless 0 <= from <= to
 */
export function consistencyPath(from: number, to: number): Node[][] {
  if (!(from >= 0 && from <= to)) throw new RangeError(`a tree of ${to} never was one of ${from}`);
  if (from === 0 || from === to) return [];
  const path: Range[] = [];
  let [start, end] = [0, to];
  while (from !== end) {
    const middle = start + splitOf(end - start);
    path.push(from <= middle ? { start: middle, end } : { start, end: middle });
    [start, end] = from <= middle ? [start, middle] : [middle, end];
  }
  if (start > 0) path.push({ start, end }); // not the whole old tree: who checks does not know its hash yet
  return path.reverse().map(nodesOf);
}

/** The perfect subtrees that a tree of this many leaves consists of, from the largest to the smallest. */
export function frontierNodes(size: number): Node[] {
  return nodesOf({ start: 0, end: size });
}

/** The tree of a range, from the hashes of its nodes in order. */
export function foldNodes(hashes: readonly Hash[]): Hash {
  const last = hashes.at(-1);
  if (last === undefined) return EMPTY_ROOT;
  return hashes.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
}

/** Whether `proof` leads from the leaf to the root. Source: RFC 9162, section 2.1.3.2. */
export function verifyInclusion(index: number, size: number, leaf: Hash, proof: readonly Hash[], root: Hash): boolean {
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(size) && index >= 0 && index < size)) return false;
  let [fn, sn] = [index, size - 1];
  let hash = leaf;
  for (const step of proof) {
    if (step.length !== 32 || sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      hash = nodeHash(step, hash);
      while (fn % 2 === 0 && fn > 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      hash = nodeHash(hash, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && hash.equals(root);
}

/** Whether the tree of `to` leaves begins with the tree of `from` leaves. Source: RFC 9162, section 2.1.4.2. */
export function verifyConsistency(
  from: number,
  to: number,
  proof: readonly Hash[],
  fromRoot: Hash,
  toRoot: Hash,
): boolean {
  if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && from <= to)) return false;
  if (from === 0) return proof.length === 0 && fromRoot.equals(EMPTY_ROOT);
  if (from === to) return proof.length === 0 && fromRoot.equals(toRoot);
  const [first, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...proof] : proof;
  if (first === undefined || proof.some(({ length }) => length !== 32)) return false;
  let [fn, sn] = [from - 1, to - 1];
  while (fn % 2 === 1) [fn, sn] = [half(fn), half(sn)];
  let [oldRoot, newRoot] = [first, first];
  for (const step of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      oldRoot = nodeHash(step, oldRoot);
      newRoot = nodeHash(step, newRoot);
      while (fn % 2 === 0 && fn > 0) [fn, sn] = [half(fn), half(sn)];
    } else {
      newRoot = nodeHash(newRoot, step);
    }
    [fn, sn] = [half(fn), half(sn)];
  }
  return sn === 0 && oldRoot.equals(fromRoot) && newRoot.equals(toRoot);
}

/** The perfect subtrees of a range that begins at a multiple of the largest one. */
function nodesOf({ start, end }: Range): Node[] {
  const nodes: Node[] = [];
  for (let at = start; at < end; ) {
    let [height, width] = [0, 1];
    while (width * 2 <= end - at) [height, width] = [height + 1, width * 2];
    nodes.push({ height, position: at / width });
    at += width;
  }
  return nodes;
}

/** The largest power of two below `size`. */
function splitOf(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  return splitOf(value + 1) === value;
}
