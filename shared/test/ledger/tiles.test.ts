import { frontierNodes, inclusionPath, type Node } from "@aura/shared/ledger/proofs";
import {
  decodeBundle,
  encodeBundle,
  parseTilePath,
  type Tile,
  tilePath,
  tileRangeOf,
  tilesOf,
} from "@aura/shared/ledger/tiles";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VECTORS } from "./vectors.ts";

test.each(VECTORS.tile_paths)("$path", ({ path, ...tile }) => {
  expect(tilePath(tile)).toBe(path);
  expect(parseTilePath(path)).toEqual(tile);
});

test("the example of C2SP tlog-tiles", () => {
  expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe("tile/0/x001/x234/067");
});

test.each([
  "tile/6/000",
  "tile/00/000",
  "tile/-1/000",
  "tile/0/0",
  "tile/0/1000",
  "tile/0/x000/000",
  "tile/0/x001",
  "tile/0/001/000",
  "tile/0/000.p/0",
  "tile/0/000.p/256",
  "tile/0/000.p/01",
  "tile/0/000.p/",
  "tile/0/000.p/999",
  "tile/0/../0/000",
  "tile/0/000/",
  "tile/0/000\n",
  "/tile/0/000",
  "tile/entry/000",
  "tile/data/000",
  "tile/0/x999/x999/x999/x999/x999/999",
])("%j is the path of no tile", (path) => {
  expect(parseTilePath(path)).toBeNull();
});

test("every tile has one path, and every path one tile", () => {
  const tile = fc.record({
    level: fc.constantFrom<Tile["level"][]>(0, 1, 2, 3, 4, 5, "entries"),
    index: fc.maxSafeNat(),
    width: fc.integer({ min: 1, max: 256 }),
  });
  const same = fc.property(tile, (one) => {
    expect(parseTilePath(tilePath(one))).toEqual(one);
  });
  fc.assert(same);
});

test("the tiles of a log are those that hold its entries and all whole subtrees of 256", () => {
  const paths = (size: number) => [...tilesOf(size)].map(tilePath);
  expect(paths(0)).toEqual([]);
  expect(paths(1)).toEqual(["tile/entries/000.p/1", "tile/0/000.p/1"]);
  expect(paths(256)).toEqual(["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
  expect(paths(257).slice(-3)).toEqual(["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]);
  expect(paths(65_536).slice(-2)).toEqual(["tile/1/000", "tile/2/000.p/1"]);
});

test("whatever a proof is made of lies in one tile", () => {
  const inside = (node: Node) => {
    const { level, start, count } = tileRangeOf(node);
    expect(count).toBeLessThanOrEqual(128);
    expect(Math.floor(start / 256)).toBe(Math.floor((start + count - 1) / 256));
    expect(start * 256 ** level).toBe(node.position * 2 ** node.height);
    expect(count * 256 ** level).toBe(2 ** node.height);
  };
  const size = fc.integer({ min: 1, max: 2 ** 40 });
  const held = fc.property(size, fc.nat(), (leaves, at) => {
    for (const node of [...inclusionPath(at % leaves, leaves).flat(), ...frontierNodes(leaves)]) inside(node);
  });
  fc.assert(held);
});

test("a bundle gives its entries back, and one that was cut gives none", () => {
  const entries = fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 1, maxLength: 20 });
  const same = fc.property(entries, fc.nat(), (all, at) => {
    const bundle = encodeBundle(all);
    expect(decodeBundle(bundle)).toEqual(all.map((entry) => Buffer.from(entry)));
    const cut = decodeBundle(bundle.subarray(0, at % bundle.length));
    if (cut !== null) expect(cut.length).toBeLessThan(all.length);
  });
  fc.assert(same);
  expect(decodeBundle(Buffer.alloc(0))).toEqual([]);
  expect(encodeBundle([Buffer.from("ab"), Buffer.alloc(0)]).toString("hex")).toBe("000261620000");
  expect(decodeBundle(Buffer.of(0, 1))).toBeNull();
  expect(encodeBundle([Buffer.alloc(65_535)])).toHaveLength(65_537);
  expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(RangeError);
});
