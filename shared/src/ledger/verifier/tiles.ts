import { readFileSync } from "node:fs";
import { join } from "node:path";
import { append, EMPTY, type Hash } from "../merkle.ts";
import { decodeBundle, TILE_HEIGHT, TILE_WIDTH, type Tile, tilePath, tilesOf } from "../tiles.ts";
import { EventChecks } from "./events.ts";
import { CannotTell, type Summary, settle, Tampered } from "./findings.ts";
import type { LeafList } from "./leaf-list.ts";
import { checkWitness, compareRoots, openCheckpoint, openKept, type Trust } from "./seals.ts";

/** Checks a folder of C2SP tiles: the checkpoint, all entries under it, and every tile of hashes. */
export function verifyTiles(folder: string, trust: Trust): Summary {
  const newest = openCheckpoint(readPart(folder, "checkpoint").toString("utf8"), trust);
  const events = new EventChecks();
  for (const tile of tilesOf(newest.size))
    if (tile.level === "entries") for (const entry of entriesOf(folder, tile)) events.take(events.leaves.size, entry);
  settle([
    () => compareRoots([newest], events),
    () => compareRoots(openKept(trust, newest), events),
    ...events.checks(true),
    () => checkHashes(folder, events.leaves),
    () => checkWitness(newest, trust),
  ]);
  return {
    ...{ kind: "tiles", origin: newest.origin, events: newest.size, checkpoints: 1, size: newest.size },
    ...{ root: newest.root.toString("hex"), signed_by: newest.signedBy, witnessed_by: newest.witnessedBy },
    ...{ kept_checkpoints: trust.kept.length, runs_sealed: events.runs.count, payloads: events.payloads.summary() },
    not_checked: ["columns of the table and payloads: tiles have none", "earlier checkpoints: tiles have one"],
  };
}

function entriesOf(folder: string, tile: Tile): Buffer[] {
  const entries = decodeBundle(readPart(folder, tilePath(tile)));
  if (entries?.length === tile.width) return entries;
  const seq = tile.index * TILE_WIDTH + Math.min(entries?.length ?? 0, tile.width);
  throw new Tampered(seq, `${tilePath(tile)} does not hold ${tile.width} entries`);
}

function checkHashes(folder: string, leaves: LeafList): void {
  const levels: Hash[][] = [[...leaves.slice(0)]];
  append(EMPTY, leaves.slice(0), (height, position, root) => {
    if (height % TILE_HEIGHT !== 0) return;
    levels[height / TILE_HEIGHT] ??= [];
    (levels[height / TILE_HEIGHT] as Hash[])[position] = root;
  });
  for (const tile of tilesOf(leaves.size)) {
    if (tile.level === "entries") continue;
    const start = tile.index * TILE_WIDTH;
    const hashes = (levels[tile.level] ?? []).slice(start, start + tile.width);
    if (!Buffer.concat(hashes).equals(readPart(folder, tilePath(tile))))
      throw new Tampered(
        start * TILE_WIDTH ** tile.level,
        `${tilePath(tile)} holds other hashes than its entries have`,
      );
  }
}

function readPart(folder: string, path: string): Buffer {
  try {
    return readFileSync(join(folder, path));
  } catch {
    throw new CannotTell(`${path} is missing`);
  }
}
