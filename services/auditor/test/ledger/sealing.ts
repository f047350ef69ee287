import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY } from "@aura/shared/ledger/merkle";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { onTestFinished } from "vitest";
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
