import { rmSync } from "node:fs";
import { join } from "node:path";
import { readJsonFile, writePrivateFile } from "./aura-home.ts";
import { endProcess } from "./processes.ts";

/** `.aura/runtime.json`: how to reach a running development system. It holds secrets: mode 0600. */
export interface RuntimeFile {
  readonly manager_url: string;
  readonly api_key: string;
  /** The administrator's. */
  readonly database_url: string;
  readonly role_urls: {
    readonly aura_migrator: string;
    readonly aura_manager: string;
    readonly aura_agent: string;
    readonly aura_auditor: string;
    readonly aura_observer: string;
  };
  /** Null while a process is between two starts, or where there is none (`postgres` of somebody else). */
  readonly pids: {
    readonly manager: number | null;
    /** Only where one was asked for. */
    readonly manager_standby?: number | null;
    readonly agent_runtime: number | null;
    readonly auditor: number | null;
    readonly witness: number | null;
    readonly postgres: number | null;
  };
}

const pathIn = (home: string) => join(home, "runtime.json");

export function writeRuntimeFile(home: string, runtime: RuntimeFile): void {
  writePrivateFile(pathIn(home), `${JSON.stringify(runtime, null, 2)}\n`);
}

/** Null when no system runs in `home`, or when none has said so yet. */
export function readRuntimeFile(home: string): RuntimeFile | null {
  return readJsonFile<RuntimeFile>(pathIn(home));
}

export function removeRuntimeFile(home: string): void {
  rmSync(pathIn(home), { force: true });
}

/** Ends the services that a killed start left behind; most have ended themselves by now. */
export async function endLeftoverServices(home: string): Promise<void> {
  const left = readRuntimeFile(home)?.pids;
  if (left === undefined) return;
  const { manager, manager_standby = null, agent_runtime, auditor } = left;
  const services = [manager, manager_standby, agent_runtime, auditor].filter((pid) => pid !== null);
  await Promise.all(services.map((pid) => endProcess(pid, "services/", ["SIGTERM", "SIGKILL"], 5000)));
  removeRuntimeFile(home);
}
