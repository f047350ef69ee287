import type { TestDatabase } from "@aura/shared/testing/postgres";

/** From the next connection on the server adds up the time that each function takes. */
export async function trackFunctions({ pools }: TestDatabase): Promise<void> {
  await pools.admin.query(
    "do $$ begin execute format('alter database %I set track_functions = ''all''', current_database()); end $$",
  );
}

/** Functions by the share of all functions' time that they spend themselves: verbs, triggers and what both call. */
export async function shareOfFunctions({ pools }: TestDatabase): Promise<{ name: string; share: number }[]> {
  await pools.admin.query("select pg_sleep(1.2)"); // sessions hand their counts in once a second
  const { rows } = await pools.admin.query<{ name: string; share: number }>(
    `select funcname as name, self_time / nullif(sum(self_time) over (), 0) as share
       from pg_stat_user_functions order by self_time desc`,
  );
  return rows;
}

export async function walBytes({ pools }: TestDatabase): Promise<number> {
  const { rows } = await pools.admin.query<{ bytes: string }>(
    "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::text as bytes",
  );
  return Number(rows[0]?.bytes);
}
