import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiClient } from "@aura/shared/api-client";
import { type Answer, type Summary, verify } from "@aura/shared/ledger/verifier/verify";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";

async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "aura-evidence-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function keysOf(api: ApiClient): Promise<string[]> {
  return (await api.call(OPERATIONS.listAuditKeys)).items.map(({ verifier_key }) => verifier_key);
}

/** Unpacks the evidence of an ended run and lets its own verifier look at it: plain Node, nothing of ours in reach. */
export function checkPack(api: ApiClient, run_id: string): Promise<{ status: number | null; said: string }> {
  return inFolder(async (folder) => {
    const response = await api.fetch(OPERATIONS.downloadEvidencePack, { params: { run_id } });
    writeFileSync(join(folder, "pack.zip"), Buffer.from(await response.arrayBuffer()));
    execFileSync("/usr/bin/python3", ["-m", "zipfile", "-e", "pack.zip", "pack"], { cwd: folder });
    const keys = (await keysOf(api)).flatMap((key) => ["--key", key]);
    const args = ["verifier/main.ts", ".", ...keys, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: join(folder, "pack"),
      env: {},
      encoding: "utf8",
    });
    return { status, said: `${stdout}${stderr}` };
  });
}

/** Checks an export of the whole log, as it is under the newest checkpoint. */
export function checkExport(api: ApiClient): Promise<Answer<Summary>> {
  return inFolder(async (folder) => {
    const file = join(folder, "log.jsonl");
    const response = await api.fetch(OPERATIONS.exportLog, { query: {} });
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    return verify(file, { keys: await keysOf(api), witnesses: [], checkpoints: [] });
  });
}
