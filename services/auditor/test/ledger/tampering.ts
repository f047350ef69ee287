import type { TestDatabase } from "@aura/shared/testing/postgres";

/** As a superuser past every trigger, event triggers too: what nobody can be kept from. */
export async function tamper(db: TestDatabase, statements: string): Promise<void> {
  const client = await db.pools.admin.connect();
  try {
    await client.query(`begin; set local session_replication_role = replica; ${statements}; commit`);
  } finally {
    client.release();
  }
}
