import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { KeyRole } from "@aura/shared/enums/actor";
import { createLog } from "@aura/shared/log";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { newId } from "@aura/shared/models/ids";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import type { FastifyInstance, InjectOptions } from "fastify";
import { buildApp } from "../../src/app.ts";
import type { AppDeps, AppFacts } from "../../src/http/app-deps.ts";

export interface ApiUnderTest {
  readonly db: TestDatabase;
  readonly app: FastifyInstance;
  /** One valid key for every role, the director's made by the bootstrap, the others as an administrator makes them. */
  readonly keys: Readonly<Record<KeyRole, string>>;
  readonly get: (url: string, options?: InjectOptions) => Promise<Reply>;
  readonly post: (url: string, body: unknown, options?: InjectOptions) => Promise<Reply>;
  readonly close: () => Promise<void>;
}

export interface Reply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever came
  readonly body: any;
  readonly text: string;
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, unknown>>;
}

export const FACTS: AppFacts = {
  manager_id: "manager-under-test",
  version: "0.1.0",
  project_name: "Aura_Orchestra",
  environment: "test",
  strict_policy: true,
  provider: "auto",
  model: null,
  budget_usd: "5",
  budget_tokens: 2_000_000,
  recordings: "/nonexistent",
  panels: fileURLToPath(new URL("../../../../ui/director_dashboard/", import.meta.url)),
  report_card: fileURLToPath(new URL("../../../../docs/operations/AUDITOR_REPORT_CARD.json", import.meta.url)),
  page: "/nonexistent",
  rate_limits: { calls: 6000, heavy_calls: 120, anonymous_calls: 1200, key_attempts: 30 },
  trusted_proxies: [],
};

/** The whole API on a database of its own, called as the Director unless a request brings its own headers. */
export async function apiUnderTest(facts: Partial<AppFacts> = {}, deps: Partial<AppDeps> = {}): Promise<ApiUnderTest> {
  const db = await testDatabase();
  const log = createLog("manager-under-test", "silent");
  const { manager: pool, observer } = db.pools;
  const app = await buildApp({ pool, observer, log, facts: { ...FACTS, ...facts }, ...deps });
  const keys = {
    director: db.directorKey,
    observer: await addKey(db, "observer"),
    service: await addKey(db, "service"),
  };
  const send = async (options: InjectOptions): Promise<Reply> => {
    const reply = await app.inject({
      ...options,
      headers: { authorization: `Bearer ${keys.director}`, ...options.headers },
    });
    return {
      status: reply.statusCode,
      body: parseOrNull(reply.payload),
      text: reply.payload,
      bytes: reply.rawPayload,
      headers: reply.headers,
    };
  };
  return {
    db,
    app,
    keys,
    get: (url, options) => send({ method: "GET", url, ...options }),
    post: (url, body, options) => send({ method: "POST", url, payload: body as object, ...options }),
    close: async () => {
      await app.close();
      await db.close();
    },
  };
}

/** A key as an administrator adds it; `expired` and `revoked` ones must be refused. */
export async function addKey(db: TestDatabase, role: KeyRole, state: "valid" | "expired" | "revoked" = "valid") {
  const key = `aura_${role}_${randomBytes(16).toString("hex")}`;
  await db.pools.admin.query(
    `insert into api_keys (id, name, role, key_sha256, expires_at, revoked_at)
     values ($1, $2, $3, $4, case when $5 = 'expired' then now() - interval '1 s' end,
             case when $5 = 'revoked' then now() end)`,
    [newId(), `${role}-${state}`, role, Buffer.from(sha256Hex(key), "hex"), state],
  );
  return key;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Rows of every table that a request could write, to show that a refused one wrote nothing. */
export async function countRows(db: TestDatabase): Promise<Record<string, number>> {
  const tables = ["projects", "orchestra_runs", "prds", "prd_blocks", "task_queue", "blobs", "agents", "approvals"];
  const counts = tables.map((table) => `select '${table}' as name, count(*)::int as n from ${table}`);
  const { rows } = await db.pools.admin.query<{ name: string; n: number }>(counts.join(" union all "));
  return Object.fromEntries(rows.map(({ name, n }) => [name, n]));
}
