import { append, EMPTY, type Frontier, type Hash, leafHash } from "../ledger/merkle.ts";
import { foldNodes, inclusionPath, type Node } from "../ledger/proofs.ts";
import { encodeBundle, hashTiles, TILE_WIDTH, tilePath, tilesOf } from "../ledger/tiles.ts";
import type { SampleEvent, SampleExport } from "./sample-log.ts";

/** Hashes of every perfect subtree of a log. */
type Tree = (node: Node) => Hash;

export function bytesOf({ envelope }: SampleEvent): Buffer {
  return Buffer.from(envelope);
}

export function frontierOf(events: readonly SampleEvent[], size = events.length): Frontier {
  return append(
    EMPTY,
    events.slice(0, size).map((event) => leafHash(bytesOf(event))),
  );
}

export function treeOf(events: readonly SampleEvent[]): Tree {
  const leaves = events.map((event) => leafHash(bytesOf(event)));
  const roots = new Map<string, Hash>(leaves.map((leaf, position) => [`0/${position}`, leaf]));
  append(EMPTY, leaves, (height, position, root) => roots.set(`${height}/${position}`, root));
  return ({ height, position }) => roots.get(`${height}/${position}`) as Hash;
}

/** The inclusion proof of an event under a tree of all of them, in base64. */
export function proofOf(tree: Tree, seq: number, size: number): string[] {
  return inclusionPath(seq, size).map((nodes) => foldNodes(nodes.map(tree)).toString("base64"));
}

/** events.jsonl of the evidence pack of one run. */
export function runExport(log: SampleExport, run_id: string): SampleExport {
  const [newest] = log.checkpoints.slice(-1);
  const tree = treeOf(log.events);
  const size = log.events.length;
  const events = log.events
    .filter(({ columns }) => columns.run_id === run_id)
    .map((event) => ({ ...event, proof: proofOf(tree, event.seq, size) }));
  const checkpoints = newest === undefined ? [] : [newest];
  return {
    head: { kind: "log", format: "aura-run/1", origin: log.head.origin, size, run_id },
    events,
    checkpoints,
    end: { kind: "end", events: events.length, checkpoints: checkpoints.length },
  };
}

/** Paths and contents of the log as C2SP tiles. */
export function tileFiles({ events, checkpoints }: SampleExport): Map<string, Buffer> {
  const files = new Map<string, Buffer>([["checkpoint", Buffer.from(checkpoints.at(-1)?.note ?? "")]]);
  const entries = events.map(bytesOf);
  for (const tile of tilesOf(events.length)) {
    const start = tile.index * TILE_WIDTH;
    if (tile.level === "entries") files.set(tilePath(tile), encodeBundle(entries.slice(start, start + tile.width)));
  }
  for (const tile of hashTiles(entries.map(leafHash))) files.set(tilePath(tile), tile.bytes);
  return files;
}
