import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EMPTY } from "@aura/shared/ledger/merkle";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { onTestFinished } from "vitest";
import { numberEvents, readNumberingLag } from "../../src/db/ledger-statements.ts";
import { KeyFolder } from "../../src/ledger/key-folder.ts";
import type { SealerDeps } from "../../src/ledger/sealer.ts";

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aura-ledger-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An Auditor that seals, as a process of its own would: with a memory of its own. */
export function sealerOf(database: TestDatabase, folder: string, holder = "auditor-one"): SealerDeps {
  const pool = database.pools.auditor;
  return { pool, holder, folder: new KeyFolder(folder), publish: () => undefined, memory: { frontier: EMPTY } };
}

/** Adds events, and waits for their numbers as long as another database of the server may hold them. */
export async function grow(db: TestDatabase, events = 1): Promise<void> {
  await db.pools.admin.query(
    "insert into projects (id, name) select gen_random_uuid(), $1 || n from generate_series(1, $2) n",
    [randomUUID(), events],
  );
  const end = Date.now() + 60_000;
  do {
    await numberEvents(db.pools.auditor, 100_000);
    if ((await readNumberingLag(db.pools.auditor)).events === 0) return;
    await sleep(20);
  } while (Date.now() < end);
  throw new Error("events still wait for their numbers");
}
