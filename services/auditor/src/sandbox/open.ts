import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { AuraError } from "@aura/shared/problems";
import { openBubblewrap } from "./bubblewrap.ts";
import { LocalSandbox } from "./local-sandbox.ts";
import type { Sandbox } from "./port.ts";

export interface SandboxConfig {
  /** AURA_SANDBOX: `auto`, `bubblewrap`, or `unix:/path` of a sandbox service. */
  readonly sandbox: string;
}

const PROGRAMS = "/usr/bin:/bin:/usr/local/bin:/usr/sbin";

/**
 * The sandbox that the configuration names. Opening does not try it out: `environment()` does, and refuses with
 * `isolation_unavailable` when it cannot isolate.
 *
 * @throws {AuraError} `validation_failed` for a word that names no sandbox
 */
export function openSandbox(config: SandboxConfig): Sandbox {
  if (config.sandbox === "auto" || config.sandbox === "bubblewrap") {
    return new LocalSandbox(() => openBubblewrap({ base: scratchBase(), path: PROGRAMS }));
  }
  throw new AuraError("validation_failed", `AURA_SANDBOX is ${JSON.stringify(config.sandbox)}`);
}

/** The first folder for temporary files that a sandboxed user can pass through. */
function scratchBase(): string {
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
