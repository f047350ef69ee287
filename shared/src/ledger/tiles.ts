import { append, EMPTY, type Hash, rootOf } from "./merkle.ts";
import type { Node } from "./proofs.ts";

/** Hashes of a whole tile, entries of a whole bundle. Source: C2SP tlog-tiles. */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;
const LEVEL_MAX = 5;
const ENTRY_BYTES_MAX = 65_535;

/** Part of a tree as it is served: hashes of level `level`, or entries. */
export interface Tile {
  readonly level: number | "entries";
  readonly index: number;
  /** How many hashes or entries it has; fewer than 256 only at the right edge of a tree. */
  readonly width: number;
}

/** `tile/<L>/<N>[.p/<W>]`, where N is written in groups of three digits. */
export function tilePath({ level, index, width }: Tile): string {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** @returns null unless it is the path of a tile in its only form */
export function parseTilePath(path: string): Tile | null {
  const [, level = "", groups = "", width] =
    /^tile\/(entries|[0-5])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? [];
  if (groups === "") return null;
  const tile: Tile = {
    level: level === "entries" ? "entries" : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, "")),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  return Number.isSafeInteger(tile.index) && tile.width <= TILE_WIDTH && tilePath(tile) === path ? tile : null;
}

/** All tiles of a tree with `size` leaves, entries included, in ascending order. */
export function* tilesOf(size: number): Generator<Tile> {
  yield* tilesOfLevel("entries", size);
  for (let level = 0, count = size; count > 0 && level <= LEVEL_MAX; level++) {
    yield* tilesOfLevel(level, count);
    count = Math.floor(count / TILE_WIDTH);
  }
}

/** The tiles of hashes over these leaves, with their bytes: a hash is the root of a whole tile of the level below. */
export function* hashTiles(
  leaves: readonly Hash[],
): Generator<Tile & { readonly level: number; readonly bytes: Buffer }> {
  let hashes = leaves;
  for (let level = 0; hashes.length > 0 && level <= LEVEL_MAX; level++) {
    const above: Hash[] = [];
    for (const tile of tilesOfLevel(level, hashes.length)) {
      const own = hashes.slice(tile.index * TILE_WIDTH, tile.index * TILE_WIDTH + tile.width);
      if (tile.width === TILE_WIDTH) above.push(rootOf(append(EMPTY, own)));
      yield { ...tile, level, bytes: Buffer.concat(own) };
    }
    hashes = above;
  }
}

function* tilesOfLevel(level: Tile["level"], count: number): Generator<Tile> {
  for (let index = 0; index * TILE_WIDTH < count; index++)
    yield { level, index, width: Math.min(TILE_WIDTH, count - index * TILE_WIDTH) };
}

/** The hashes that a node is made of, as a range at a tile level: at most 128 of them. */
export function tileRangeOf({ height, position }: Node): { level: number; start: number; count: number } {
  const level = Math.floor(height / TILE_HEIGHT);
  const count = 2 ** (height % TILE_HEIGHT);
  return { level, start: position * count, count };
}

/** Entries one after the other, each behind its length as two bytes, the larger one first. */
export function encodeBundle(entries: readonly Uint8Array[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const entry of entries) {
    if (entry.length > ENTRY_BYTES_MAX) throw new RangeError(`an entry has at most ${ENTRY_BYTES_MAX} bytes`);
    parts.push(Buffer.of(entry.length >> 8, entry.length & 255), entry);
  }
  return Buffer.concat(parts);
}

/** @returns null when the bytes do not end with an entry */
export function decodeBundle(bytes: Buffer): Buffer[] | null {
  const entries: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length) return null;
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) return null;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries;
}
