import { createLog } from "@aura/shared/log";
import { z } from "zod";
import { openSandbox } from "./open.ts";
import { serveSandbox } from "./server.ts";

const Environment = z.object({
  AURA_SANDBOX_SOCKET: z.string().startsWith("/").default("/sock/sandbox.sock"),
  AURA_SANDBOX: z.enum(["auto", "bubblewrap", "launcher"]).default("launcher"),
  AURA_REGISTRY_SOCKET: z.string().startsWith("/").default("/sock/registry.sock"),
  AURA_LAUNCHER: z.string().startsWith("/").default("/usr/local/bin/aura-launcher"),
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

const config = Environment.parse(process.env);
const log = createLog("sandbox", config.LOG_LEVEL);
const registry = { gate: config.AURA_REGISTRY_SOCKET, path: process.env.PATH ?? "" };
const sandbox = openSandbox({ sandbox: config.AURA_SANDBOX, launcher: config.AURA_LAUNCHER, registry });
const server = await serveSandbox(sandbox, config.AURA_SANDBOX_SOCKET, log);
log.info({ socket: config.AURA_SANDBOX_SOCKET, sandbox: config.AURA_SANDBOX }, "sandbox service listening");

async function stop(): Promise<void> {
  server.close();
  server.closeAllConnections();
  await sandbox.killAll();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
