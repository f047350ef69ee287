import { AuraError } from "@aura/shared/problems";
import type { Ecosystem } from "@aura/shared/schemas/dependencies";
import { z } from "zod";
import type { MutationBudget } from "./auditor/judge-context.ts";
import { RegistryAddresses, registriesOf } from "./dependencies/addresses.ts";
import type { Witness } from "./ledger/witness-client.ts";
import { parseWitnesses } from "./ledger/witnesses.ts";

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
  AURA_REGISTRY: z
    .string()
    .regex(/^(own|unix:\/.+)$/, "own or unix:/path")
    .default("own")
    .describe(
      "Registry gate, the only way to package registries: own (in this process), or unix:/path of its process.",
    ),
  ...RegistryAddresses,
  AURA_MUTANTS: z.coerce
    .number()
    .int()
    .min(0)
    .max(500)
    .default(12)
    .describe("Changes of an accepted product that its tests are tried on, each in one place; 0: none."),
  AURA_MUTANTS_S: z.coerce
    .number()
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe("Seconds after which no further one of these changes is tried."),
  AURA_LEDGER_FOLDER: z
    .string()
    .startsWith("/", "not an absolute path")
    .describe(
      "Folder of the keys that sign the log and of the newest checkpoint they signed; made on first start. Auditors of one system share it. Keep a copy of it apart from the database's.",
    ),
  AURA_LEDGER_PUBLIC_FOLDER: z
    .string()
    .startsWith("/", "not an absolute path")
    .optional()
    .describe("Folder into which the public halves of these keys are put, for the witness. Unset: nowhere."),
  AUDIT_LOG_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .optional()
    .describe(
      "Days after which payloads of events move to the archive; the events themselves stay for ever. Unset: payloads stay too.",
    ),
  AURA_ARCHIVE_FOLDER: z
    .string()
    .startsWith("/", "not an absolute path")
    .optional()
    .describe("Folder of the archive, shared by all Auditors; unset: archive in AURA_LEDGER_FOLDER."),
  AURA_LEDGER_CHECK_S: z.coerce
    .number()
    .int()
    .min(5)
    .max(86_400)
    .default(3600)
    .describe(
      "Seconds between two checks of the schema against its release, and of all events against what was signed.",
    ),
  AURA_WITNESS_URL: z
    .url({ protocol: /^https?$/, error: "not an http(s):// URL" })
    .optional()
    .describe(
      "The witness of this installation; its key is taken at first contact and believed from then on. Set by npm start and Compose.",
    ),
  AURA_WITNESSES: z
    .string()
    .transform((text, context) => witnessesIn(text, context))
    .optional()
    .describe(
      "Further witnesses (C2SP tlog-witness): an address and its key with a space between them, several separated by semicolons.",
    ),
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
  readonly registry: string;
  /** Of the gate in this process; null: that ecosystem is switched off. */
  readonly registries: Readonly<Record<Ecosystem, string | null>>;
  readonly mutation: MutationBudget;
  readonly ledgerFolder: string;
  readonly ledgerPublicFolder: string | null;
  /** Null: payloads stay where they are. */
  readonly retentionDays: number | null;
  readonly archiveFolder: string;
  readonly ledgerCheckMs: number;
  readonly witnessUrl: string | null;
  readonly witnesses: readonly Witness[];
  readonly logLevel: string;
}

function witnessesIn(text: string, context: z.RefinementCtx): Witness[] {
  try {
    return parseWitnesses(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return [];
  }
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
    registry: data.AURA_REGISTRY,
    registries: registriesOf(data),
    mutation: { count: data.AURA_MUTANTS, wall_ms: data.AURA_MUTANTS_S * 1000 },
    ledgerFolder: data.AURA_LEDGER_FOLDER,
    ledgerPublicFolder: data.AURA_LEDGER_PUBLIC_FOLDER ?? null,
    retentionDays: data.AUDIT_LOG_RETENTION_DAYS ?? null,
    archiveFolder: data.AURA_ARCHIVE_FOLDER ?? `${data.AURA_LEDGER_FOLDER}/archive`,
    ledgerCheckMs: data.AURA_LEDGER_CHECK_S * 1000,
    witnessUrl: data.AURA_WITNESS_URL ?? null,
    witnesses: data.AURA_WITNESSES ?? [],
    logLevel: data.LOG_LEVEL,
  };
}
