import { z } from "zod";
import { canonicalJson, sha256Hex } from "../models/canonical-json.ts";
import { type Tree, treeManifest } from "../models/tree.ts";
import type { Queryable } from "./client.ts";

export interface BlobItem {
  readonly body: Buffer;
  readonly media_type: string;
}

const JSON_TYPE = "application/json";
const TREE_TYPE = "application/vnd.aura.tree+json";
const FILE_TYPE = "application/octet-stream";

const TreeManifest = z.array(z.strictObject({ path: z.string(), sha256: z.string(), size: z.int().nonnegative() }));

/** Bytes that something needs are not there: a Director had them erased, or they never were. */
export class NotKept extends Error {
  constructor(what: string) {
    super(`${what} is not kept`);
    this.name = "NotKept";
  }
}

/** Stores bytes under their SHA-256; what is there already stays. Returns the hashes in order, as 64 hex digits. */
export async function putBlobs(db: Queryable, items: readonly BlobItem[]): Promise<string[]> {
  if (items.length === 0) return [];
  const { rows } = await db.query<{ sha256: string }>(
    "select encode(h, 'hex') as sha256 from put_blobs($1::bytea[], $2::text[]) h",
    [items.map((item) => item.body), items.map((item) => item.media_type)],
  );
  return rows.map((row) => row.sha256);
}

/** Stores the canonical JSON of a value and returns its hash. */
export async function putJson(db: Queryable, value: unknown): Promise<string> {
  const body = Buffer.from(canonicalJson(value), "utf8");
  await putBlobs(db, [{ body, media_type: JSON_TYPE }]);
  return sha256Hex(body);
}

/** Bytes by hash; what is not stored, or was erased, is not in the map. Not for aura_agent, which reads no table. */
export async function readBlobs(db: Queryable, sha256s: readonly string[]): Promise<Map<string, Buffer>> {
  if (sha256s.length === 0) return new Map();
  const { rows } = await db.query<{ sha256: string; body: Buffer }>(
    "select encode(sha256, 'hex') as sha256, body from blobs where sha256 = any ($1::bytea[]) and body is not null",
    [[...new Set(sha256s)].map((sha256) => Buffer.from(sha256, "hex"))],
  );
  return new Map(rows.map((row) => [row.sha256, row.body]));
}

/**
 * Reads a stored JSON document and checks its shape.
 *
 * @throws {NotKept} {z.ZodError} when it has another shape
 */
export async function readJson<Schema extends z.ZodType>(
  db: Queryable,
  sha256: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = (await readBlobs(db, [sha256])).get(sha256);
  if (body === undefined) throw new NotKept(`the document ${sha256}`);
  return schema.parse(JSON.parse(body.toString("utf8")));
}

/** Stores every file of a tree and its manifest, in one call; returns the tree's hash. */
export async function putTree(db: Queryable, tree: Tree): Promise<string> {
  const files = [...tree.values()].map((body) => ({ body, media_type: FILE_TYPE }));
  const manifest = treeManifest(tree);
  await putBlobs(db, [...files, { body: manifest, media_type: TREE_TYPE }]);
  return sha256Hex(manifest);
}

/**
 * The tree with this hash.
 *
 * @throws {NotKept} where the manifest or one of its files is gone
 */
export async function readTree(db: Queryable, sha256: string): Promise<Tree> {
  const entries = await readJson(db, sha256, TreeManifest);
  const bodies = await readBlobs(
    db,
    entries.map((entry) => entry.sha256),
  );
  return new Map(entries.map((entry) => [entry.path, bodyOf(bodies, entry.sha256, entry.path)]));
}

function bodyOf(bodies: ReadonlyMap<string, Buffer>, sha256: string, path: string): Buffer {
  const body = bodies.get(sha256);
  if (body === undefined) throw new NotKept(`the file ${path} (${sha256})`);
  return body;
}
