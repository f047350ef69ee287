import { readFileSync } from "node:fs";
import { join } from "node:path";
import { append, EMPTY, type Hash } from "../merkle.ts";
import { decodeBundle, TILE_HEIGHT, type Tile, tilePath, tilesOf } from "../tiles.ts";
import { EventChecks } from "./events.ts";
import { CannotTell, type Summary, Tampered } from "./findings.ts";
import { checkSeals, openCheckpoint, type Trust } from "./seals.ts";

/** Checks a folder of C2SP tiles: the checkpoint, all entries under it, and every tile of hashes. */
export function verifyTiles(folder: string, trust: Trust): Summary {
  const note = readPart(folder, "checkpoint").toString("utf8");
  const { size } = openCheckpoint(note, trust);
  const tiles = [...tilesOf(size)];
  const checks = new EventChecks();
  const leaves: Hash[] = [];
  for (const tile of tiles.filter(({ level }) => level === "entries"))
    for (const entry of entriesOf(folder, tile)) leaves.push(checks.take(leaves.length, entry).leaf);
  const newest = checkSeals([note], leaves, trust);
  checkHashes(folder, tiles, leaves);
  checks.finish();
  return {
    ...{ kind: "tiles", origin: newest.origin, events: size, checkpoints: 1, size, root: newest.root.toString("hex") },
    ...{ signed_by: newest.signedBy, witnessed_by: newest.witnessedBy, kept_checkpoints: trust.kept.length },
    ...{ runs_sealed: checks.runsSealed, payloads: { kept: 0, erased: 0, archived: 0 } },
    not_checked: ["columns of the table and payloads: tiles have none", "earlier checkpoints: tiles have one"],
  };
}

function entriesOf(folder: string, tile: Tile): Buffer[] {
  const entries = decodeBundle(readPart(folder, tilePath(tile)));
  const first = tile.index * 256;
  if (entries === null || entries.length !== tile.width)
    throw new Tampered(first + (entries?.length ?? 0), `${tilePath(tile)} does not hold ${tile.width} entries`);
  return entries;
}

function checkHashes(folder: string, tiles: readonly Tile[], leaves: readonly Hash[]): void {
  const levels: Hash[][] = [[...leaves]];
  append(EMPTY, leaves, (height, position, root) => {
    if (height % TILE_HEIGHT !== 0) return;
    levels[height / TILE_HEIGHT] ??= [];
    (levels[height / TILE_HEIGHT] as Hash[])[position] = root;
  });
  for (const tile of tiles) {
    if (tile.level === "entries") continue;
    const hashes = (levels[tile.level] ?? []).slice(tile.index * 256, tile.index * 256 + tile.width);
    if (!Buffer.concat(hashes).equals(readPart(folder, tilePath(tile))))
      throw new Tampered(
        tile.index * 256 * 256 ** tile.level,
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
