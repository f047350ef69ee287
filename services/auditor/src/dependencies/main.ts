import { createLog } from "@aura/shared/log";
import { z } from "zod";
import { RegistryAddresses, registriesOf } from "./addresses.ts";
import { openRegistryGate } from "./registry-gate.ts";

const Environment = z.object({
  AURA_REGISTRY_SOCKET: z.string().startsWith("/").default("/sock/registry.sock"),
  ...RegistryAddresses,
  LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

const given = Object.fromEntries(
  Object.entries(process.env).filter(([, value]) => value !== undefined && value !== ""),
);
const config = Environment.parse(given);
const log = createLog("registry", config.LOG_LEVEL);
const server = await openRegistryGate({ registries: registriesOf(config), log }, config.AURA_REGISTRY_SOCKET);
log.info({ socket: config.AURA_REGISTRY_SOCKET }, "registry gate listening");

function stop(): void {
  server.close();
  server.closeAllConnections();
  process.exit(0);
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
