import { migrate } from "./database/migrate.ts";
import { loadMigrateConfig } from "./system/migrate-config.ts";

/** Brings the database of the environment up to date, and its logins and director key to the configured secrets. */
try {
  await migrate({ ...loadMigrateConfig(process.env), log: (line) => console.log(`migrate: ${line}`) });
} catch (error) {
  console.error(`migrate: ${(error as Error).message}`);
  process.exitCode = 1;
}
