import { AuraError } from "@aura/shared/problems";
import { z } from "zod";

const empty = (value: unknown) => (value === "" ? undefined : value);
const text = () => z.preprocess(empty, z.string().optional());
const url = () => z.preprocess(empty, z.url({ protocol: /^https?$/ }).optional());
const whole = (min: number, max: number, fallback: number) =>
  z.preprocess(empty, z.coerce.number().int().min(min).max(max).default(fallback));

/** Every variable that this service reads. */
export const ConfigSchema = z.object({
  AURA_AGENT_DATABASE_URL: z
    .string({ error: "is missing" })
    .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
    .describe("Postgres URL of the login aura_agent"),
  AGENT_RUNTIME_HOST: z
    .preprocess(empty, z.string().default("127.0.0.1"))
    .describe("Address that health checks are answered on"),
  AGENT_RUNTIME_PORT: z
    .preprocess(empty, z.union([z.literal("off"), z.coerce.number().int().min(0).max(65535)]).default(0))
    .describe("Port of /healthz, /readyz and /version; 0 takes any free one, off opens none"),
  AGENT_RUNTIME_CAPACITY: whole(1, 64, 4).describe("Tasks worked on at the same time"),
  OPENAI_API_KEY: text().describe("Key for the OpenAI-compatible endpoint"),
  OPENAI_BASE_URL: url().describe("Base URL of an OpenAI-compatible endpoint, with /v1; empty: OpenAI's own"),
  GEMINI_API_KEY: text().describe("Key for Google's Gemini models"),
  GEMINI_BASE_URL: url().describe("Base URL of a Gemini-compatible endpoint; empty: Google's own"),
  OLLAMA_BASE_URL: z
    .preprocess(empty, z.url({ protocol: /^https?$/ }).default("http://127.0.0.1:11434"))
    .describe("Base URL of an Ollama server; under auto it is offered while it answers"),
  OLLAMA_CONTEXT_TOKENS: whole(4_096, 1_048_576, 32_768).describe(
    "Context window that Ollama opens for a call; what does not fit is refused, never cut",
  ),
  AURA_MODEL_TIMEOUT_S: whole(5, 86_400, 600).describe("Seconds to wait for one reply of a model"),
  AURA_MODEL_CONCURRENCY: whole(1, 64, 4).describe("Calls to one provider that may be open at the same time"),
  AURA_MODEL_PROVIDER: z
    .preprocess(empty, z.enum(["auto", "openai", "gemini", "ollama", "replay"]).default("auto"))
    .describe("auto offers every provider that is configured or answers; a name offers that one alone"),
  AURA_RECORDINGS: z
    .preprocess(empty, z.string().default("docs/examples"))
    .describe("Folder with <name>/recording.json for the provider replay, relative to the repository"),
  AURA_RECORD_TO: text().describe("File that every successful model call is appended to as a JSON line; empty: none"),
  LOG_LEVEL: z
    .preprocess(empty, z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"))
    .describe("Least severe log lines that are written"),
});
export type Config = z.infer<typeof ConfigSchema>;

/**
 * Reads the environment.
 *
 * @throws {AuraError} validation_failed, naming every bad variable at once and no value
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = ConfigSchema.safeParse(env);
  const issues = result.success
    ? []
    : result.error.issues.map(({ path, code, message }) => ({ path: path.join("."), code, message }));
  const missing = result.success ? missingKey(result.data) : null;
  if (missing !== null)
    issues.push({
      path: missing,
      code: "custom",
      message: "is needed for the provider that AURA_MODEL_PROVIDER names",
    });
  if (!result.success || issues.length > 0)
    throw new AuraError("validation_failed", issues.map((each) => `${each.path} ${each.message}`).join("; "), {
      issues,
    });
  return result.data;
}

function missingKey(config: Config): string | null {
  if (config.AURA_MODEL_PROVIDER === "openai" && !hasOpenAi(config)) return "OPENAI_API_KEY";
  return config.AURA_MODEL_PROVIDER === "gemini" && config.GEMINI_API_KEY === undefined ? "GEMINI_API_KEY" : null;
}

/** A base URL alone is enough: local endpoints ask for no key. */
export function hasOpenAi(config: Pick<Config, "OPENAI_API_KEY" | "OPENAI_BASE_URL">): boolean {
  return config.OPENAI_API_KEY !== undefined || config.OPENAI_BASE_URL !== undefined;
}
