import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { AuraError } from "@aura/shared/problems";
import { openBubblewrap } from "./bubblewrap.ts";
import { SandboxClient } from "./client.ts";
import { openLauncher } from "./launcher.ts";
import { LocalSandbox, type RegistryAccess } from "./local-sandbox.ts";
import type { Sandbox } from "./port.ts";

export interface SandboxConfig {
  /** AURA_SANDBOX: `auto` or `bubblewrap`, `launcher`, or `unix:/path` of a sandbox service. */
  readonly sandbox: string;
  /** The compiled launcher, for `launcher`. */
  readonly launcher?: string;
  /** How packages are fetched; without it none can be. */
  readonly registry?: RegistryAccess;
}

const LAUNCHER = "/usr/local/bin/aura-launcher";
const PROGRAMS = "/usr/bin:/bin:/usr/local/bin:/usr/sbin";

/**
 * The sandbox that the configuration names. Opening does not try it out: `environment()` does, and refuses with
 * `isolation_unavailable` when it cannot isolate.
 *
 * @throws {AuraError} `validation_failed` for a word that names no sandbox
 */
export function openSandbox(config: SandboxConfig): Sandbox {
  if (config.sandbox === "auto" || config.sandbox === "bubblewrap") {
    return new LocalSandbox(() => openBubblewrap({ base: scratchBase(), path: PROGRAMS }), config.registry);
  }
  if (config.sandbox === "launcher") {
    const program = config.launcher ?? LAUNCHER;
    return new LocalSandbox(() => openLauncher({ base: scratchBase(), program }), config.registry);
  }
  if (config.sandbox.startsWith("unix:/")) return new SandboxClient(config.sandbox.slice("unix:".length));
  throw new AuraError("validation_failed", `AURA_SANDBOX is ${JSON.stringify(config.sandbox)}`);
}

/** The first folder for temporary files that a sandboxed user can pass through; only root sandboxes another user. */
function scratchBase(): string {
  if (process.getuid?.() !== 0) return tmpdir();
  return [tmpdir(), "/tmp", "/var/tmp"].find(isPassable) ?? tmpdir();
}

function isPassable(folder: string): boolean {
  try {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  } catch {
    return false;
  }
  return folder === "/" || isPassable(dirname(folder));
}
