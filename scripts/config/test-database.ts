import { openTestDatabase } from "../system/test-database.ts";

/** One Postgres for all test files of this run; `scripts/test.sh` has started one already and says so. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env.AURA_TEST_ADMIN_URL !== undefined) return undefined;
  const database = await openTestDatabase();
  process.env.AURA_TEST_ADMIN_URL = database.url;
  return database.close;
}
