import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import pg from "pg";
import { startPostgres } from "../system/embedded-postgres.ts";
import { processorSeconds } from "./processor-time.ts";

/**
 * Settings of the one server that all peers share: durable as in an installation (fsync, synchronous_commit and
 * full_page_writes stay on), with room enough that no checkpoint falls into a round by size.
 */
const SETTINGS = { max_connections: "200", shared_buffers: "512MB", max_wal_size: "4GB", checkpoint_timeout: "30min" };

export interface BenchServer {
  /** A migrated database of its own, with the real roles. */
  readonly governed: () => Promise<TestDatabase>;
  /** An empty database of its own for a peer. */
  readonly empty: () => Promise<EmptyDatabase>;
  /** Writes out what earlier rounds left dirty, so that no round pays for another. */
  readonly checkpoint: () => Promise<void>;
  readonly facts: () => Promise<string>;
  /** Processor time of the server so far, in seconds; NaN for a server that is not ours. */
  readonly processorSeconds: () => number;
  readonly close: () => Promise<void>;
}

export interface EmptyDatabase {
  readonly url: string;
  readonly drop: () => Promise<void>;
}

/** The server that `AURA_TEST_ADMIN_URL` names (smoke tests), else an embedded one of its own. */
export async function openBenchServer(): Promise<BenchServer> {
  const given = process.env.AURA_TEST_ADMIN_URL;
  if (given !== undefined) return serverAt(given, null, async () => undefined);
  const folder = mkdtempSync(join(tmpdir(), "aura-bench-"));
  chmodSync(folder, 0o755); // Postgres runs as another user when this is root
  const server = await startPostgres({
    dataFolder: join(folder, "postgres"),
    password: randomBytes(16).toString("hex"),
    logFile: join(folder, "postgres.log"),
    settings: SETTINGS,
  });
  const url = server.url("postgres");
  process.env.AURA_TEST_ADMIN_URL = url; // where testDatabase() makes its databases
  return serverAt(url, server.pid, async () => {
    delete process.env.AURA_TEST_ADMIN_URL;
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });
}

function serverAt(url: string, pid: number | null, close: () => Promise<void>): BenchServer {
  const admin = new pg.Pool({ connectionString: url, max: 1 });
  admin.on("error", () => undefined); // the server ends before its connection
  return {
    governed: testDatabase,
    empty: async () => {
      const name = `aura_peer_${randomBytes(4).toString("hex")}`;
      await admin.query(`create database ${name}`);
      const own = new URL(url);
      own.pathname = `/${name}`;
      return { url: own.href, drop: async () => void (await admin.query(`drop database ${name} with (force)`)) };
    },
    checkpoint: async () => void (await admin.query("checkpoint")),
    facts: async () => {
      const { rows } = await admin.query<{ facts: string }>(
        `select 'PostgreSQL ' || current_setting('server_version') || ', fsync ' || current_setting('fsync') || ', synchronous_commit '
             || current_setting('synchronous_commit') || ', shared_buffers ' || current_setting('shared_buffers') as facts`,
      );
      return rows[0]?.facts ?? "";
    },
    processorSeconds: () => (pid === null ? Number.NaN : processorSeconds(pid)),
    close: async () => {
      await admin.end();
      await close();
    },
  };
}
