import { z } from "zod";
import { ConfigSchema as AgentRuntime } from "../../services/agent-runtime/src/config.ts";
import { ConfigSchema as Auditor } from "../../services/auditor/src/config.ts";
import { ConfigSchema as Witness } from "../../services/auditor/src/witness/config.ts";
import { ConfigSchema as Manager } from "../../services/manager/src/config.ts";
import { ConfigSchema as Migrate } from "./migrate-config.ts";

/** What `npm start`, the command line, the scripts and Docker Compose read themselves. */
const Scripts = z.object({
  AURA_HOME: z
    .string()
    .default(".aura")
    .describe("Folder of data, secrets, logs and deliveries of one system, relative to the repository."),
  AURA_MANAGER_URL: z
    .string()
    .optional()
    .describe("Manager that the command line talks to, with MANAGER_API_KEY; unset: the one that runs in AURA_HOME."),
  MANAGER_STANDBY_PORT: z.coerce
    .number()
    .int()
    .min(1)
    .max(65535)
    .optional()
    .describe(
      "Port of a second Manager that stands by. npm start: none where unset; profile standby of Compose: 8001.",
    ),
  AURA_TEST_ADMIN_URL: z
    .string()
    .optional()
    .describe("Superuser's URL of a Postgres 15 server for the tests; unset: they bring their own."),
  AURA_TEST_CONTAINERS: z
    .enum(["auto", "required"])
    .default("auto")
    .describe("auto leaves out what needs Docker where no engine answers, and says so; required fails then."),
});

const Compose = z.object({
  MANAGER_BIND_ADDRESS: z
    .string()
    .default("127.0.0.1")
    .describe("Address of the host that the Manager's port is published on."),
  AURA_SANDBOX_RUNTIME: z
    .string()
    .default("")
    .describe(
      "Container runtime of the sandbox; empty: the engine's default. gVisor (runsc) has no Landlock: the launcher refuses it.",
    ),
  POSTGRES_IMAGE: z.string().default("postgres:15").describe("Image of the database server."),
  OLLAMA_IMAGE: z.string().default("ollama/ollama").describe("Image of the model server of profile local-llm."),
});

/** Every variable of the whole system, by who reads it. */
export const SETTINGS: readonly { readonly reader: string; readonly schema: z.ZodObject }[] = [
  { reader: "manager", schema: Manager },
  { reader: "agent-runtime", schema: AgentRuntime },
  { reader: "auditor", schema: Auditor },
  { reader: "witness", schema: Witness },
  { reader: "migrate job, init_db.sh, npm start", schema: Migrate },
  { reader: "npm start, command line, scripts", schema: Scripts },
  { reader: "docker compose", schema: Compose },
];
