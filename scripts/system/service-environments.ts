import { join } from "node:path";
import { ConfigSchema as AgentRuntime } from "../../services/agent-runtime/src/config.ts";
import { ConfigSchema as Auditor } from "../../services/auditor/src/config.ts";
import { ConfigSchema as Witness } from "../../services/auditor/src/witness/config.ts";
import { ConfigSchema as Manager } from "../../services/manager/src/config.ts";
import { ROOT } from "./aura-home.ts";
import type { RoleUrls } from "./database-server.ts";

/** Where the services listen on this machine; null: there is no standby. */
export interface ServicePorts {
  readonly manager: number;
  readonly manager_standby: number | null;
  readonly agent_runtime: number;
  readonly auditor: number;
  readonly witness: number;
}

type Environment = Record<string, string>;

/** What any process needs, and how it reaches the network where a proxy or a certificate of its own is in the way. */
const MACHINE = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"] as const;
const PROXY = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "NODE_USE_ENV_PROXY"];

/**
 * The whole environment of each service: what its own schema names and nothing else, so its own database URLs and nobody
 * else's, and model keys for agent-runtime alone.
 */
export function serviceEnvironments(
  env: NodeJS.ProcessEnv,
  home: string,
  urls: RoleUrls,
  ports: ServicePorts,
): Record<keyof ServicePorts, Environment> {
  const recordings = env.AURA_RECORDINGS || join(ROOT, "docs", "examples");
  const manager = {
    ...pick(env, [...MACHINE, ...Object.keys(Manager.shape)]),
    TZ: "UTC",
    AURA_MANAGER_DATABASE_URL: urls.aura_manager,
    AURA_OBSERVER_DATABASE_URL: urls.aura_observer,
    AURA_RECORDINGS: recordings,
  };
  return {
    manager: { ...manager, MANAGER_PORT: String(ports.manager) },
    manager_standby: { ...manager, MANAGER_PORT: String(ports.manager_standby) },
    agent_runtime: {
      ...pick(env, [...MACHINE, ...PROXY, ...Object.keys(AgentRuntime.shape)]),
      TZ: "UTC",
      AURA_AGENT_DATABASE_URL: urls.aura_agent,
      AGENT_RUNTIME_PORT: String(ports.agent_runtime),
      AURA_RECORDINGS: recordings,
    },
    auditor: {
      ...pick(env, [...MACHINE, ...Object.keys(Auditor.shape)]),
      TZ: "UTC",
      AURA_AUDITOR_DATABASE_URL: urls.aura_auditor,
      AURA_LEDGER_FOLDER: join(home, "ledger"),
      AURA_LEDGER_PUBLIC_FOLDER: join(home, "ledger-public"),
      AUDITOR_PORT: String(ports.auditor),
      AURA_WITNESS_URL: env.AURA_WITNESS_URL || `http://127.0.0.1:${ports.witness}`,
    },
    witness: {
      ...pick(env, [...MACHINE, ...Object.keys(Witness.shape)]),
      TZ: "UTC",
      WITNESS_PORT: String(ports.witness),
      AURA_WITNESS_FOLDER: join(home, "witness"),
      AURA_WITNESS_LOGS: join(home, "ledger-public"),
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
