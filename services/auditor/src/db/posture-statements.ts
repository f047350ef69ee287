import { readFileSync } from "node:fs";
import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import type { Pool, Queryable } from "@aura/shared/postgres/client";
import { z } from "zod";

const CATALOG_FILE = new URL("../../../../database/bootstrap/guard_catalog.sql", import.meta.url);
/** How definitions are written depends on it; the manifest was made under the same one. */
const SEARCH_PATH = "set local search_path = pg_catalog, guard, pg_temp";

const CatalogRow = z.object({
  kind: z.string(),
  identity: z.string(),
  shape: z.string().nullable(),
  definition: z.string().nullable(),
});
export type CatalogRow = z.infer<typeof CatalogRow>;

const ManifestRow = z.object({
  kind: z.string(),
  identity: z.string(),
  shape: z.string().nullable(),
  definition_sha256: z.string(),
});
export type ManifestRow = z.infer<typeof ManifestRow>;

/** The schema as it is, and as it was released. */
export interface Posture {
  /** Whether the administrator has a release open: the schema may differ until it is closed. */
  readonly releasing: boolean;
  readonly catalog: readonly CatalogRow[];
  readonly manifest: readonly ManifestRow[];
  readonly manifest_sha256: string | null;
  /** Of the newest release that a signed checkpoint covers; null: there is none yet. */
  readonly released_sha256: string | null;
  /** What the manifest cannot say: publications, and settings of logins that switch triggers off. */
  readonly extras: readonly string[];
}

/** All in one snapshot, by queries that are here and not in the database. */
export async function readPosture(pool: Pool): Promise<Posture> {
  const client = await pool.connect();
  try {
    await client.query(`begin isolation level repeatable read read only; ${SEARCH_PATH}`);
    const posture = {
      releasing: await readReleasing(client),
      catalog: z.array(CatalogRow).parse((await client.query(catalogQuery())).rows),
      ...(await readManifest(client)),
      released_sha256: await readReleased(client),
      extras: await readExtras(client),
    };
    await client.query("commit");
    return posture;
  } finally {
    client.release();
  }
}

function catalogQuery(): string {
  const text = readFileSync(CATALOG_FILE, "utf8");
  return text.slice(text.indexOf("with tables as"));
}

async function readReleasing(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(
    `select exists (select from guard.schema_releases r join pg_stat_activity a on a.pid = r.backend_pid
                     where r.closed_at is null and r.opened_at > now() - interval '1 hour') as releasing`,
  );
  return z.object({ releasing: z.boolean() }).parse(rows[0]).releasing;
}

async function readManifest(db: Queryable): Promise<Pick<Posture, "manifest" | "manifest_sha256">> {
  const manifest = await db.query("select kind, identity, shape, definition_sha256 from guard.schema_manifest");
  const total = await db.query(
    `select encode(sha256(convert_to(string_agg(concat_ws(' ', kind, identity, shape, definition_sha256), e'\\n' order by kind, identity), 'UTF8')), 'hex') as sha256
       from guard.schema_manifest`,
  );
  const { sha256 } = z.object({ sha256: z.string().nullable() }).parse(total.rows[0]);
  return { manifest: z.array(ManifestRow).parse(manifest.rows), manifest_sha256: sha256 };
}

/** From the bytes that were signed, not from columns beside them. */
async function readReleased(db: Queryable): Promise<string | null> {
  const { rows } = await db.query(
    `select e.env from public.audit_events e join public.audit_leaves l on l.event_id = e.id
      where e.event_type = 'schema.released' and l.seq < (select max(size) from public.audit_checkpoints)
      order by e.id desc limit 1`,
  );
  const envelope = rows[0] === undefined ? null : parseEnvelope(z.instanceof(Buffer).parse(rows[0].env));
  return envelope?.set.manifest_sha256 ?? null;
}

async function readExtras(db: Queryable): Promise<string[]> {
  const { rows } = await db.query(
    `select 'publication ' || pubname as extra from pg_publication
     union all
     select 'setting ' || coalesce(r.rolname, 'database') || ' ' || c
       from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole cross join unnest(s.setconfig) c
      where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
        and c ~ '^(session_replication_role|event_triggers|session_preload_libraries|local_preload_libraries)='
     order by 1`,
  );
  return z
    .array(z.object({ extra: z.string() }))
    .parse(rows)
    .map(({ extra }) => extra);
}

/** The event as it stands in the table; null where it is not. */
export async function readEnvelope(db: Queryable, eventId: string): Promise<Buffer | null> {
  const { rows } = await db.query("select env from audit_events where id = $1", [eventId]);
  return rows[0] === undefined ? null : z.instanceof(Buffer).parse(rows[0].env);
}
