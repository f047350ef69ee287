import { leafHash } from "@aura/shared/ledger/merkle";
import { parseVerifier, publicKeyPem } from "@aura/shared/ledger/notes";
import { consistencyPath, inclusionPath } from "@aura/shared/ledger/proofs";
import { encodeBundle, parseTilePath, TILE_WIDTH, type Tile } from "@aura/shared/ledger/tiles";
import { readProof, readTileHashes } from "@aura/shared/postgres/log-tree";
import { AuraError, invariant } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import {
  type Checkpoint,
  readAuditKeys,
  readCheckpoints,
  readEntries,
  readEventPlace,
  readNewestCheckpoint,
} from "../db/ledger-statements.ts";
import { readAttestationKeys } from "../db/read-attestation-statements.ts";
import { pageRequest } from "../db/read-rows.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";

const CURSOR_SIZE = /^[1-9]\d{0,15}$/;
const FOR_EVER = "private, max-age=31536000, immutable";

/** The log for whoever checks it: signed state, tiles, proofs. Nothing here goes beyond the newest checkpoint. */
export function addLedgerRoutes(app: FastifyInstance, { pool }: AppDeps): void {
  async function newest(): Promise<Checkpoint> {
    const checkpoint = await readNewestCheckpoint(pool);
    if (checkpoint === null) throw new AuraError("no_checkpoint", "the log has no signed checkpoint yet");
    return checkpoint;
  }

  addRoute(app, OPERATIONS.getCheckpoint, async ({ reply }) =>
    reply.type("text/plain; charset=utf-8").send((await newest()).note),
  );

  addRoute(app, OPERATIONS.getTile, async ({ params, reply }) => {
    const tile = parseTilePath(`tile/${params["*"]}`);
    if (tile === null)
      throw new AuraError("validation_failed", "this is no path of a tile: <level>/<N> or entries/<N>");
    if (!covers(await newest(), tile))
      throw new AuraError("not_found", "the newest checkpoint does not cover this tile");
    if (tile.width === TILE_WIDTH) reply.header("cache-control", FOR_EVER);
    return reply.type("application/octet-stream").send(await bytesOf(tile));
  });

  async function bytesOf({ level, index, width }: Tile): Promise<Buffer> {
    const read = level === "entries" ? readEntries(pool, index * TILE_WIDTH, width) : hashesOf(level, index, width);
    const parts = await read;
    invariant(parts.length === width, `the log has all of tile ${level}/${index}`);
    return level === "entries" ? encodeBundle(parts) : Buffer.concat(parts);
  }

  function hashesOf(level: number, index: number, width: number): Promise<Buffer[]> {
    return readTileHashes(pool, level, index * TILE_WIDTH, width);
  }

  addRoute(app, OPERATIONS.getProof, async ({ params: { event_id } }) => {
    const place = await readEventPlace(pool, event_id);
    if (place === null) throw new AuraError("not_found", "there is no event with this id");
    const checkpoint = await readNewestCheckpoint(pool);
    const { seq, env } = place;
    if (seq === null || checkpoint === null || seq >= checkpoint.size)
      throw new AuraError("log_unsealed", "the event is recorded, and no signed checkpoint covers it yet");
    const { size, root, note } = checkpoint;
    const proof = await readProof(pool, inclusionPath(seq, size));
    const leaf = leafHash(env).toString("hex");
    return {
      event_id,
      seq,
      envelope: env.toString("utf8"),
      leaf,
      size,
      root,
      proof: inBase64(proof),
      checkpoint: note,
    };
  });

  addRoute(app, OPERATIONS.getConsistency, async ({ query: { from, to } }) => {
    if (from > to) throw new AuraError("validation_failed", "from: not larger than to");
    if (to > (await newest()).size) throw new AuraError("not_found", "the newest checkpoint does not reach so far");
    return { from, to, proof: inBase64(await readProof(pool, consistencyPath(from, to))) };
  });

  addRoute(app, OPERATIONS.listAuditKeys, async () => ({
    items: await readAuditKeys(pool),
    attestation_keys: (await readAttestationKeys(pool)).map(({ verifier_key, created_at }) => ({
      ...{ verifier_key, created_at },
      pem: publicKeyPem(parseVerifier(verifier_key)),
    })),
  }));

  addRoute(app, OPERATIONS.listCheckpoints, async ({ query }) =>
    readCheckpoints(pool, pageRequest(query, [CURSOR_SIZE])),
  );
}

function covers({ size }: Checkpoint, { level, index, width }: Tile): boolean {
  const count = level === "entries" ? size : Math.floor(size / TILE_WIDTH ** level);
  return index * TILE_WIDTH + width <= count;
}

function inBase64(hashes: readonly Buffer[]): string[] {
  return hashes.map((hash) => hash.toString("base64"));
}
