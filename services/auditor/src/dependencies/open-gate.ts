import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Log } from "@aura/shared/log";
import type { AuditorConfig } from "../config.ts";
import { openRegistryGate } from "./registry-gate.ts";

export interface OpenedGate {
  readonly socket: string;
  close(): void;
}

/** The gate that the configuration names: another process's, or one of this process in a folder that only it may enter. */
export async function openGate(
  { registry, registries }: Pick<AuditorConfig, "registry" | "registries">,
  log: Log,
): Promise<OpenedGate> {
  if (registry !== "own") return { socket: registry.slice("unix:".length), close: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), "aura-registry-"));
  const socket = join(folder, "socket");
  const server = await openRegistryGate({ registries, log }, socket);
  return {
    socket,
    close: () => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
