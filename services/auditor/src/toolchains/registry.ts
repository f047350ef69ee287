import { AuraError } from "@aura/shared/problems";
import { pythonToolchain } from "./python.ts";
import type { Toolchain } from "./toolchain.ts";
import { typescriptToolchain } from "./typescript.ts";

const TOOLCHAINS: readonly Toolchain[] = [pythonToolchain, typescriptToolchain];

/** @throws {AuraError} `validation_failed` for a name that nobody implements */
export function requireToolchain(name: string): Toolchain {
  const found = TOOLCHAINS.find((toolchain) => toolchain.name === name);
  if (found === undefined) throw new AuraError("validation_failed", `there is no toolchain ${JSON.stringify(name)}`);
  return found;
}
