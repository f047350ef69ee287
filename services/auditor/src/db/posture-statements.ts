import { readFileSync } from "node:fs";
import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { type Pool, type Queryable, type Tx, withTransaction } from "@aura/shared/postgres/client";
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
  /** Why the schema may differ for a while: a release is open, or under no checkpoint yet. */
  readonly releasing: string | null;
  readonly catalog: readonly CatalogRow[];
  readonly manifest: readonly ManifestRow[];
  readonly manifest_sha256: string;
  /** Of the newest release that a signed checkpoint covers; null: there is none yet. */
  readonly released_sha256: string | null;
  /** What the manifest cannot say: publications, what service logins borrow, settings that switch triggers off, code in pg_catalog. */
  readonly extras: readonly string[];
}

/** All in one snapshot. */
export function readPosture(pool: Pool): Promise<Posture> {
  const read = async (tx: Tx): Promise<Posture> => {
    await tx.query("set transaction isolation level repeatable read read only");
    return readPostureWithin(tx);
  };
  return withTransaction(pool, read, 1);
}

/** By queries that are here and not in the database. */
export async function readPostureWithin(tx: Queryable): Promise<Posture> {
  await tx.query(SEARCH_PATH);
  return {
    releasing: await readReleasing(tx),
    catalog: z.array(CatalogRow).parse((await tx.query(catalogQuery())).rows),
    ...(await readManifest(tx)),
    released_sha256: await readReleased(tx),
    extras: await readExtras(tx),
  };
}

function catalogQuery(): string {
  const text = readFileSync(CATALOG_FILE, "utf8");
  return text.slice(text.indexOf("with tables as"));
}

async function readReleasing(db: Queryable): Promise<string | null> {
  const { rows } = await db.query(
    `select case
       when exists (select from guard.schema_releases r join pg_stat_activity a on a.pid = r.backend_pid
                     where r.closed_at is null and r.opened_at between now() - interval '1 hour' and clock_timestamp())
         then 'a release is open'
       when not exists (select from public.audit_leaves l where l.seq < (select max(size) from public.audit_checkpoints) and l.event_id =
                        (select e.id from public.audit_events e where e.event_type = 'schema.released' order by e.id desc limit 1))
         then 'the newest release is under no checkpoint'
       end as releasing`,
  );
  return z.object({ releasing: z.string().nullable() }).parse(rows[0]).releasing;
}

/** The hash is made here, as guard.adopt_catalog() makes it. */
async function readManifest(db: Queryable): Promise<Pick<Posture, "manifest" | "manifest_sha256">> {
  const { rows } = await db.query(
    "select kind, identity, shape, definition_sha256 from guard.schema_manifest order by kind, identity",
  );
  const manifest = z.array(ManifestRow).parse(rows);
  const lines = manifest.map(({ kind, identity, shape, definition_sha256 }) =>
    [kind, identity, ...(shape === null ? [] : [shape]), definition_sha256].join(" "),
  );
  return { manifest, manifest_sha256: sha256Hex(lines.join("\n")) };
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

const EXTRAS = `
  with ours as (
    select oid from pg_roles where rolname in ('aura_owner', 'aura_migrator', 'aura_manager', 'aura_agent', 'aura_auditor', 'aura_observer'))
  select 'publication ' || pubname as extra from pg_publication
  union all
  select 'membership of ' || m.member::regrole || ' in ' || m.roleid::regrole from pg_auth_members m
   where m.member in (select oid from ours) and m.roleid not in (select oid from ours)
  union all
  select 'setting ' || coalesce(r.rolname, 'database') || ' ' || c
    from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole cross join unnest(s.setconfig) c
   where s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
     and c ~ '^(session_replication_role|event_triggers|session_preload_libraries|local_preload_libraries|aura\\..*)='
  union all
  select 'setting server ' || name || '=' || setting from pg_settings
   where (name, setting) in (('session_replication_role', 'replica'), ('session_replication_role', 'local'), ('event_triggers', 'off'))
     and source not in ('database', 'user', 'database user')
  union all
  select 'function pg_catalog.' || p.proname from pg_proc p join pg_language l on l.oid = p.prolang
   where p.pronamespace = 'pg_catalog'::regnamespace and (p.oid >= 16384 or l.lanname not in ('internal', 'c', 'sql'))
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select 'relation pg_catalog.' || c.relname from pg_class c
   where c.relnamespace = 'pg_catalog'::regnamespace and c.oid >= 16384
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
   order by 1`;

async function readExtras(db: Queryable): Promise<string[]> {
  const { rows } = await db.query(EXTRAS);
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
