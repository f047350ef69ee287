import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const WRITER = fileURLToPath(new URL("../../../services/auditor/test/ledger/write-export.ts", import.meta.url));
const VERIFIER = fileURLToPath(new URL("../../../shared/src/ledger/verifier/main.ts", import.meta.url));
const HASHER = fileURLToPath(new URL("hash-lines.ts", import.meta.url));

export interface OfflineCheck {
  readonly events: number;
  readonly verify_s: number;
  readonly hash_s: number;
}

/** Checks a sound export of so many made-up runs offline, and hashes its lines and does nothing else. Each in a process of its own. */
export async function checkOffline(runs: number): Promise<OfflineCheck> {
  const folder = mkdtempSync(join(tmpdir(), "aura-bench-export-"));
  try {
    const file = join(folder, "export.jsonl");
    const said = (await node(WRITER, file, String(runs))).output;
    const [, key = ""] = /--key (\S+)/.exec(said) ?? [];
    const verified = await node(VERIFIER, file, "--key", key);
    const hashed = await node(HASHER, file);
    return { events: Number.parseInt(said, 10), verify_s: verified.seconds, hash_s: hashed.seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws unless it exits with 0 */
async function node(...args: string[]): Promise<{ output: string; seconds: number }> {
  const begun = performance.now();
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return { output: stdout, seconds: (performance.now() - begun) / 1000 };
}
