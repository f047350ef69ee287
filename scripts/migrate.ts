import { z } from "zod";
import { LOGINS, type Login, migrate } from "./database/migrate.ts";

const Password = z.string().min(8);

const Environment = z
  .object({
    DATABASE_URL: z.url().optional(),
    POSTGRES_HOST: z.string().min(1).default("127.0.0.1"),
    POSTGRES_PORT: z.coerce.number().int().min(1).max(65_535).default(5432),
    POSTGRES_DB: z.string().min(1).optional(),
    POSTGRES_USER: z.string().min(1).optional(),
    POSTGRES_PASSWORD: z.string().optional(),
    AURA_MIGRATOR_PASSWORD: Password,
    AURA_MANAGER_PASSWORD: Password,
    AURA_AGENT_PASSWORD: Password,
    AURA_AUDITOR_PASSWORD: Password,
    AURA_OBSERVER_PASSWORD: Password,
    MANAGER_API_KEY: z.string().min(8),
    ENV: z.string().default("development"),
  })
  .refine(
    (env) => env.DATABASE_URL !== undefined || (env.POSTGRES_DB !== undefined && env.POSTGRES_USER !== undefined),
    {
      message: "set it, or POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD",
      path: ["DATABASE_URL"],
    },
  );

/** Brings the database of DATABASE_URL (else of POSTGRES_*) up to date; ends with 1 and every bad variable when it cannot. */
async function main(): Promise<void> {
  const env = Environment.safeParse(process.env);
  if (!env.success) {
    for (const issue of env.error.issues) console.error(`${issue.path.join(".")}: ${issue.message}`);
    process.exitCode = 1;
    return;
  }
  await migrate({
    databaseUrl: env.data.DATABASE_URL ?? urlFromParts(env.data),
    passwords: passwordsFrom(env.data),
    directorKey: env.data.MANAGER_API_KEY,
    production: env.data.ENV === "production",
    log: (line) => console.log(`migrate: ${line}`),
  });
}

function urlFromParts(env: z.infer<typeof Environment>): string {
  const url = new URL(
    `postgresql://${env.POSTGRES_HOST}:${env.POSTGRES_PORT}/${encodeURIComponent(env.POSTGRES_DB ?? "")}`,
  );
  url.username = encodeURIComponent(env.POSTGRES_USER ?? "");
  url.password = encodeURIComponent(env.POSTGRES_PASSWORD ?? "");
  return url.href;
}

/** AURA_MANAGER_PASSWORD is the password of aura_manager, and so on. */
function passwordsFrom(env: z.infer<typeof Environment>): Record<Login, string> {
  const pairs = LOGINS.map((login) => [login, env[`${login.toUpperCase()}_PASSWORD` as keyof typeof env]]);
  return Object.fromEntries(pairs) as Record<Login, string>;
}

await main().catch((error: Error) => {
  console.error(`migrate: ${error.message}`);
  process.exitCode = 1;
});
