import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestDatabase } from "@aura/shared/testing/postgres";

const PROCESS = fileURLToPath(new URL("sealer-process.ts", import.meta.url));

/** An Auditor's work on the log while something else runs. */
export async function withSealer<T>(db: TestDatabase, work: () => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "aura-bench-ledger-"));
  const child = fork(PROCESS, [db.urls.auditor, folder], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    await new Promise((resolve, reject) => {
      child.once("message", resolve);
      child.once("exit", () => reject(new Error("the sealer ended before it began")));
    });
    return await work();
  } finally {
    if (child.connected) child.disconnect();
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

export interface Lag {
  readonly events: number;
  readonly p50_s: number;
  readonly p99_s: number;
  readonly max_s: number;
}

/** From each event since `from` (its writer's clock, which is the database's) to the signature of the first checkpoint over it. */
export async function sealingLag(db: TestDatabase, from: Date): Promise<Lag> {
  await untilSealed(db);
  const { rows } = await db.pools.auditor.query<Lag & Record<string, unknown>>(
    `select count(*)::int as events, percentile_cont(0.5) within group (order by s)::float8 as p50_s,
            percentile_cont(0.99) within group (order by s)::float8 as p99_s, max(s)::float8 as max_s
       from (select extract(epoch from c.signed_at - e.created_at at time zone 'UTC') as s
               from audit_leaves l join audit_events e on e.id = l.event_id
              cross join lateral (select signed_at from audit_checkpoints where size > l.seq order by size limit 1) c
              where e.created_at >= $1::timestamptz at time zone 'UTC') lags`,
    [from],
  );
  return rows[0] as Lag;
}

async function untilSealed(db: TestDatabase): Promise<void> {
  for (;;) {
    const { rows } = await db.pools.auditor.query<{ open: boolean }>(
      "select coalesce((select max(size) from audit_checkpoints), 0) < (select count(*) from audit_events) as open",
    );
    if (rows[0]?.open === false) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
