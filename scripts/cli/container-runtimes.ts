import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);
const Engine = z.object({ Runtimes: z.record(z.string(), z.unknown()), DefaultRuntime: z.string() });

export interface ContainerRuntimes {
  /** What the sandbox's container would be run by. */
  readonly used: string;
  /** Whether the engine knows it. */
  readonly known: boolean;
  readonly has_runsc: boolean;
}

/**
 * @param info what `docker info --format '{{json .}}'` prints
 * @param wanted AURA_SANDBOX_RUNTIME; empty: the engine's default
 * @returns null for a text that no engine prints
 */
export function readRuntimes(info: string, wanted: string): ContainerRuntimes | null {
  const engine = Engine.safeParse(parseJson(info));
  if (!engine.success) return null;
  const { Runtimes, DefaultRuntime } = engine.data;
  const used = wanted === "" ? DefaultRuntime : wanted;
  return { used, known: Object.hasOwn(Runtimes, used), has_runsc: Object.hasOwn(Runtimes, "runsc") };
}

/** Null where no Docker engine answers. */
export async function containerRuntimes(wanted: string, timeoutMs: number): Promise<ContainerRuntimes | null> {
  try {
    const { stdout } = await run("docker", ["info", "--format", "{{json .}}"], { timeout: timeoutMs });
    return readRuntimes(stdout, wanted);
  } catch {
    return null;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
