import { AuraError } from "@aura/shared/problems";
import { z } from "zod";

/** Every variable of the Auditor; docs and .env.example are made from it. */
export const ConfigSchema = z.object({
  AURA_AUDITOR_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "not a postgres:// URL")
    .describe("Connection string of the database login aura_auditor."),
  AUDITOR_HOST: z.string().min(1).default("127.0.0.1").describe("Address that the health port binds to."),
  AUDITOR_PORT: z.coerce.number().int().min(0).max(65535).default(8002).describe("TCP port of /healthz and /readyz."),
  AURA_SANDBOX: z
    .string()
    .regex(/^(auto|bubblewrap|unix:\/.+)$/, "auto, bubblewrap or unix:/path")
    .default("auto")
    .describe("What isolates generated code: auto, bubblewrap, or unix:/path of the sandbox process."),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severe log line that is written."),
});

export interface AuditorConfig {
  readonly databaseUrl: string;
  readonly host: string;
  readonly port: number;
  readonly sandbox: string;
  readonly logLevel: string;
}

/**
 * The Auditor's configuration from environment variables.
 *
 * @throws {AuraError} `validation_failed` naming every bad variable at once
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): AuditorConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = ConfigSchema.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, code, message }) => ({ path: path.join("."), code, message }));
    const names = issues.map(({ path, message }) => `${path} (${message})`).join(", ");
    throw new AuraError("validation_failed", `bad environment: ${names}`, { issues });
  }
  const { data } = parsed;
  return {
    databaseUrl: data.AURA_AUDITOR_DATABASE_URL,
    host: data.AUDITOR_HOST,
    port: data.AUDITOR_PORT,
    sandbox: data.AURA_SANDBOX,
    logLevel: data.LOG_LEVEL,
  };
}
