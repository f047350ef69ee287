import { isIP } from "node:net";
import { AuraError } from "@aura/shared/problems";
import { z } from "zod";
import { ModelPrices } from "./policy-enforcer/model-prices.ts";

const empty = (value: unknown) => (value === "" ? undefined : value);
const decimal = z.string().regex(/^\d+(\.\d{1,6})?$/, "not a decimal number");

const perMinute = (calls: number) => z.preprocess(empty, z.coerce.number().int().min(1).max(1_000_000).default(calls));

/** Addresses and networks in CIDR notation, with commas between. */
const addresses = z
  .string()
  .transform((list) => list.split(",").map((address) => address.trim()))
  .refine((list) => list.every(isNetwork), "not a list of addresses or networks (10.0.0.0/8)");

function isNetwork(text: string): boolean {
  const [address = "", bits, more] = text.split("/");
  const version = isIP(address);
  if (version === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

/** Every variable that this service reads. */
export const ConfigSchema = z.object({
  AURA_MANAGER_DATABASE_URL: z
    .string({ error: "is missing" })
    .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
    .describe("Postgres URL of the login aura_manager"),
  AURA_OBSERVER_DATABASE_URL: z
    .string({ error: "is missing" })
    .regex(/^postgres(ql)?:\/\//, "must begin with postgres://")
    .describe("Postgres URL of the login aura_observer, which reads the rows of the dashboard"),
  MANAGER_HOST: z.preprocess(empty, z.string().default("127.0.0.1")).describe("Address that the REST API binds to"),
  MANAGER_PORT: z
    .preprocess(empty, z.coerce.number().int().min(0).max(65535).default(8000))
    .describe("TCP port of the REST API and the dashboard"),
  MANAGER_CALLS_PER_MINUTE: perMinute(6000).describe(
    "Calls of one API key in 60 s; more are 429. Counted by each Manager process for itself",
  ),
  MANAGER_HEAVY_CALLS_PER_MINUTE: perMinute(120).describe(
    "Of these, to what is dear: starting runs, archives, diffs, git",
  ),
  MANAGER_ANONYMOUS_CALLS_PER_MINUTE: perMinute(1200).describe(
    "Calls without a key in 60 s of one address (IPv6: one /64), the page and its login among them; /healthz is not counted",
  ),
  MANAGER_KEY_ATTEMPTS_PER_MINUTE: perMinute(30).describe(
    "Tries of keys that this process has not recognised before, in 60 s of one address",
  ),
  MANAGER_TRUSTED_PROXIES: z
    .preprocess(empty, addresses.optional())
    .describe(
      "Addresses or networks of proxies, with commas between, whose X-Forwarded-For names the caller; unset: none",
    ),
  AURA_MANAGER_LEASE_S: z
    .preprocess(empty, z.coerce.number().int().min(2).max(60).default(10))
    .describe("Seconds after which a Manager that does not answer is replaced by a standby; the same for all Managers"),
  AURA_MODEL_PROVIDER: z
    .preprocess(empty, z.enum(["auto", "openai", "gemini", "ollama", "replay"]).default("auto"))
    .describe("Provider of runs that name none; auto: the first of these that a live runtime offers"),
  AURA_MODEL: z.preprocess(empty, z.string().optional()).describe("Model of runs that name none"),
  AURA_MODEL_PRICES: z
    .preprocess(empty, ModelPrices.optional())
    .describe('Prices in USD for a million tokens, as JSON: {"openai/gpt-5": {"input": "1.25", "output": "10"}}'),
  AURA_BUDGET_USD: z.preprocess(empty, decimal.default("5")).describe("Budget in USD of a run that names none"),
  AURA_BUDGET_TOKENS: z
    .preprocess(empty, z.coerce.number().int().min(0).default(2_000_000))
    .describe("Budget in tokens of a run that names none"),
  ENABLE_STRICT_POLICY: z
    .preprocess(empty, z.enum(["true", "false"]).default("true"))
    .describe("false loosens policy data of new runs (never a rule of the database) and is stamped on every report"),
  ENV: z.preprocess(empty, z.string().default("development")).describe("development, test or production"),
  PROJECT_NAME: z.preprocess(empty, z.string().default("aura_orchestra")).describe("Name of this installation"),
  AURA_RECORDINGS: z
    .preprocess(empty, z.string().default("docs/examples"))
    .describe("Folder with <name>/recording.json for the provider replay, relative to the repository"),
  LOG_LEVEL: z
    .preprocess(empty, z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"))
    .describe("Least severe log lines that are written"),
});
export type Config = z.output<typeof ConfigSchema>;

/**
 * Reads the environment.
 *
 * @throws {AuraError} validation_failed, naming every bad variable at once and no value
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const result = ConfigSchema.safeParse(env);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, code, message }) => ({ path: path.join("."), code, message }));
  const detail = issues.map((issue) => `${issue.path} ${issue.message}`).join("; ");
  throw new AuraError("validation_failed", detail, { issues });
}
