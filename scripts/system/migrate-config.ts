import { z } from "zod";
import { foreignUrl } from "./database-server.ts";
import { refuseExampleSecrets } from "./example-secrets.ts";

const secret = () => z.string({ error: "is missing" }).min(8, "needs 8 characters or more");
const password = (login: string) =>
  secret().describe(
    `Password that the login ${login} gets; letters and digits, for it stands in URLs. npm start makes one of its own.`,
  );

/** Every variable of the job that brings a database up to date. */
export const ConfigSchema = z.object({
  ENV: z.string().default("development").describe("production refuses the secrets of the example configuration."),
  DATABASE_URL: z.url("is no URL").optional().describe("The administrator's Postgres URL; wins over POSTGRES_*."),
  POSTGRES_HOST: z
    .string()
    .optional()
    .describe("Host of the database server. Unset and no DATABASE_URL: npm start brings its own."),
  POSTGRES_PORT: z.coerce.number().int().min(1).max(65535).default(5432).describe("TCP port of the database server."),
  POSTGRES_DB: z.string().default("aura_orchestra").describe("Name of the database."),
  POSTGRES_USER: z.string().default("aura_admin").describe("The administrator's login."),
  POSTGRES_PASSWORD: z.string().optional().describe("The administrator's password."),
  MANAGER_API_KEY: secret().describe("The director's API key. npm start makes one of its own."),
  AURA_MIGRATOR_PASSWORD: password("aura_migrator"),
  AURA_MANAGER_PASSWORD: password("aura_manager"),
  AURA_AGENT_PASSWORD: password("aura_agent"),
  AURA_AUDITOR_PASSWORD: password("aura_auditor"),
  AURA_OBSERVER_PASSWORD: password("aura_observer"),
});

/**
 * What the job works with.
 *
 * @throws naming every bad variable at once
 */
export function loadMigrateConfig(env: NodeJS.ProcessEnv) {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const parsed = ConfigSchema.safeParse(given);
  if (!parsed.success)
    throw new Error(parsed.error.issues.map(({ path, message }) => `${path.join(".")} ${message}`).join("; "));
  refuseExampleSecrets(given);
  const databaseUrl = foreignUrl(given);
  if (databaseUrl === null) throw new Error("Set DATABASE_URL, or POSTGRES_HOST and the other POSTGRES_ variables.");
  const { data } = parsed;
  return {
    databaseUrl,
    directorKey: data.MANAGER_API_KEY,
    production: data.ENV === "production",
    passwords: {
      aura_migrator: data.AURA_MIGRATOR_PASSWORD,
      aura_manager: data.AURA_MANAGER_PASSWORD,
      aura_agent: data.AURA_AGENT_PASSWORD,
      aura_auditor: data.AURA_AUDITOR_PASSWORD,
      aura_observer: data.AURA_OBSERVER_PASSWORD,
    },
  };
}
