import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "./embedded-postgres.ts";

export interface TestDatabase {
  /** The superuser's URL of database `postgres`. */
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A Postgres of its own for one test run: fast instead of durable, gone at the end. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "aura-test-"));
  chmodSync(folder, 0o755); // Postgres runs as another user when this is root
  const postgres = await startPostgres({
    dataFolder: join(folder, "postgres"),
    password: randomBytes(16).toString("hex"),
    logFile: join(folder, "postgres.log"),
    settings: { max_connections: "300", fsync: "off", synchronous_commit: "off", full_page_writes: "off" },
  });
  return {
    url: postgres.url("postgres"),
    close: async () => {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
