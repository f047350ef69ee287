import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ROOT } from "./aura-home.ts";
import { lastLines, openLog } from "./log-file.ts";
import { endProcess } from "./processes.ts";

const LEASH = fileURLToPath(new URL("leash.ts", import.meta.url));
/** Patience after each of two requests; the second one asks to end at once. */
const STOP_PATIENCE_MS = 5000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const STEADY_AFTER_MS = 60_000;

export interface ServiceSpec {
  /** As in runtime.json. */
  readonly name: "manager" | "manager_standby" | "agent_runtime" | "auditor" | "witness";
  /** From the repository's root; also what tells its process from others. */
  readonly entry: string;
  /** All that the service sees: nothing of this process's environment goes along. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly readyUrl: string;
}

export interface ServiceProcess {
  readonly spec: ServiceSpec;
  readonly pid: () => number | null;
  /** How often it ended by itself. */
  readonly crashes: () => number;
  readonly stop: () => Promise<void>;
}

/**
 * Keeps one service running: started again after a crash, each time after a longer pause, until `stop`.
 *
 * @param onChange called with every new process, and after a crash with what happened
 */
export function keepRunning(spec: ServiceSpec, onChange: (news: string | null) => void): ServiceProcess {
  let child: ChildProcess | null = null;
  let crashes = 0;
  const stopping = new AbortController();

  async function keep(): Promise<void> {
    let pauseMs = FIRST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      const begun = Date.now();
      child = launch(spec);
      onChange(null);
      const how = await untilExit(child);
      child = null;
      if (stopping.signal.aborted) return;
      crashes += 1;
      if (Date.now() - begun > STEADY_AFTER_MS) pauseMs = FIRST_PAUSE_MS;
      onChange(`${spec.name} ended (${how}); started again in ${pauseMs / 1000} s. Its log: ${spec.logFile}`);
      await sleep(pauseMs, null, { signal: stopping.signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  const kept = keep();
  return {
    spec,
    pid: () => child?.pid ?? null,
    crashes: () => crashes,
    stop: async () => {
      stopping.abort();
      const pid = child?.pid;
      if (pid !== undefined) await endProcess(pid, spec.entry, ["SIGTERM", "SIGTERM", "SIGKILL"], STOP_PATIENCE_MS);
      await kept;
    },
  };
}

/** In a session of its own: Ctrl-C in the terminal reaches the starter alone. The `ipc` pipe is the leash. */
function launch(spec: ServiceSpec): ChildProcess {
  const log = openLog(spec.logFile);
  try {
    return spawn(process.execPath, ["--import", LEASH, spec.entry], {
      cwd: ROOT,
      detached: true,
      env: { ...spec.env },
      stdio: ["ignore", log, log, "ipc"],
    });
  } finally {
    closeSync(log);
  }
}

function untilExit(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal === null ? `exit code ${code}` : signal));
  });
}

/**
 * Waits until the service answers 200 at its readiness URL.
 *
 * @throws with what it answered last and the end of its log, when it crashed twice or `patienceMs` ran out
 */
export async function untilReady(service: ServiceProcess, patienceMs: number, signal: AbortSignal): Promise<void> {
  const end = Date.now() + patienceMs;
  let answer = "no answer yet";
  while (Date.now() < end && service.crashes() < 2) {
    signal.throwIfAborted();
    const response = await fetch(service.spec.readyUrl, { signal: AbortSignal.timeout(2000) }).catch(() => null);
    if (response?.ok) return;
    if (response !== null) answer = (await response.text().catch(() => "")).slice(0, 600);
    await sleep(60);
  }
  const { name, logFile } = service.spec;
  throw new Error(`${name} is not ready (${answer}). The end of ${logFile}:\n${lastLines(logFile, 20)}`);
}
