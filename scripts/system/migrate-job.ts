import { migrate } from "../database/migrate.ts";
import { loadMigrateConfig } from "./migrate-config.ts";

/** Brings the database of the environment up to date, and its logins and first API key to the configured secrets. */
try {
  await migrate({ ...loadMigrateConfig(process.env), log: (line) => console.log(line) });
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
