import { readFileSync } from "node:fs";
import { join } from "node:path";
import { decodeBundle, hashTiles, TILE_WIDTH, tilePath, tilesOf } from "../tiles.ts";
import { Tampered } from "./findings.ts";
import { Log } from "./log.ts";
import { openSigned, type Trust } from "./signed.ts";

/** Reads a folder of C2SP tiles: the checkpoint, all entries under it, and every tile of hashes. @throws like check */
export function readTiles(folder: string, trust: Trust): Log {
  const [log, note] = [new Log("tiles"), readFileSync(join(folder, "checkpoint"), "utf8")];
  log.notes.push(note);
  log.unseen.push("columns of the table and payloads: tiles have none", "earlier checkpoints: tiles have one");
  for (const tile of tilesOf(openSigned(note, trust).size)) {
    if (tile.level !== "entries") continue;
    const [path, start] = [tilePath(tile), log.seqs.length];
    const entries = decodeBundle(readFileSync(join(folder, path))) ?? [];
    if (entries.length !== tile.width)
      throw new Tampered(start + Math.min(entries.length, tile.width), `${path} does not hold ${tile.width} entries`);
    for (const [place, entry] of entries.entries()) log.take(start + place, entry);
  }
  for (const { bytes, ...tile } of hashTiles(log.seqs.map((place) => log.leafAt(place))))
    if (!readFileSync(join(folder, tilePath(tile))).equals(bytes))
      log.found.push(new Tampered(tile.index * TILE_WIDTH ** (tile.level + 1), `${tilePath(tile)} holds other hashes`));
  return log;
}
