import { join } from "node:path";
import { ROOT } from "./aura-home.ts";
import type { RoleUrls } from "./database-server.ts";

/** Where the three services listen on this machine. */
export interface ServicePorts {
  readonly manager: number;
  readonly agent_runtime: number;
  readonly auditor: number;
}

type Environment = Record<string, string>;

/** What any process needs, and how it reaches the network where a proxy or a certificate of its own is in the way. */
const MACHINE = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] as const;
const PROXY = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "NODE_USE_ENV_PROXY"];

const OF_MANAGER = [
  "ENV",
  "PROJECT_NAME",
  "LOG_LEVEL",
  "MANAGER_HOST",
  "AURA_MODEL_PROVIDER",
  "AURA_MODEL",
  "AURA_MODEL_PRICES",
  "AURA_BUDGET_USD",
  "AURA_BUDGET_TOKENS",
  "ENABLE_STRICT_POLICY",
];
const OF_AGENT_RUNTIME = [
  "LOG_LEVEL",
  "AGENT_RUNTIME_HOST",
  "AGENT_RUNTIME_CAPACITY",
  "AURA_MODEL_PROVIDER",
  "AURA_RECORD_TO",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
];
const OF_AUDITOR = ["LOG_LEVEL", "AUDITOR_HOST", "AURA_SANDBOX"];

/**
 * The whole environment of each service: its own database URL and nobody else's, model keys for agent-runtime alone.
 */
export function serviceEnvironments(
  env: NodeJS.ProcessEnv,
  urls: RoleUrls,
  ports: ServicePorts,
): Record<keyof ServicePorts, Environment> {
  const recordings = env.AURA_RECORDINGS || join(ROOT, "docs", "examples");
  return {
    manager: {
      ...pick(env, [...MACHINE, ...OF_MANAGER]),
      TZ: "UTC",
      AURA_MANAGER_DATABASE_URL: urls.aura_manager,
      MANAGER_PORT: String(ports.manager),
      AURA_RECORDINGS: recordings,
    },
    agent_runtime: {
      ...pick(env, [...MACHINE, ...PROXY, ...OF_AGENT_RUNTIME]),
      TZ: "UTC",
      AURA_AGENT_DATABASE_URL: urls.aura_agent,
      AGENT_RUNTIME_PORT: String(ports.agent_runtime),
      AURA_RECORDINGS: recordings,
    },
    auditor: {
      ...pick(env, [...MACHINE, ...OF_AUDITOR]),
      TZ: "UTC",
      AURA_AUDITOR_DATABASE_URL: urls.aura_auditor,
      AUDITOR_PORT: String(ports.auditor),
    },
  };
}

/** An empty variable is an unset one, as in the .env file that was copied from the example. */
function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Environment {
  const picked: Environment = {};
  for (const name of names) {
    const value = env[name];
    if (value !== undefined && value !== "") picked[name] = value;
  }
  return picked;
}
