import { AuraError } from "@aura/shared/problems";
import { z } from "zod";

const folder = () => z.string().startsWith("/", "not an absolute path");

/** Every variable of the witness; docs and .env.example are made from it. */
export const ConfigSchema = z.object({
  WITNESS_HOST: z.string().min(1).default("127.0.0.1").describe("Address that the witness binds to."),
  WITNESS_PORT: z.coerce.number().int().min(0).max(65535).default(8003).describe("TCP port of the witness."),
  AURA_WITNESS_FOLDER: folder().describe(
    "Folder of the witness's own key and of the newest checkpoint that it saw of each log; made on first start. Not the Auditor's, and not the database's disk if there is another.",
  ),
  AURA_WITNESS_LOGS: folder().describe("Folder of the keys of logs that it knows, a file <key id>.vkey each."),
  AURA_WITNESS_NAME: z
    .string()
    .regex(/^[^\s+]{1,200}$/, "at most 200 letters, no space and no plus")
    .default("aura_orchestra/witness")
    .describe("Name under which it cosigns."),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"])
    .default("info")
    .describe("Least severe log line that is written."),
});

export type WitnessConfig = z.infer<typeof ConfigSchema>;

/** @throws {AuraError} `validation_failed` naming every bad variable at once */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): WitnessConfig {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = ConfigSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, code, message }) => ({ path: path.join("."), code, message }));
  const names = issues.map(({ path, message }) => `${path} (${message})`).join(", ");
  throw new AuraError("validation_failed", `bad environment: ${names}`, { issues });
}
