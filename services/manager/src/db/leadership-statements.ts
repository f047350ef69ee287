import type { Queryable } from "@aura/shared/postgres/client";
import { callVerbRows, type LeaderContext, type VerbContext } from "@aura/shared/postgres/verbs";

export interface Vote {
  /** Whether the caller leads from now on. */
  readonly elected: boolean;
  /** The term in force, and who leads it. */
  readonly term: string;
  readonly holder: string;
}

/**
 * @throws SQLSTATE 55P03 while transactions of the former leader are still under way. Source: database/functions/claim_leadership.sql
 */
export async function claimLeadership(db: Queryable, ctx: VerbContext, leaseSeconds: number): Promise<Vote> {
  const [vote] = await callVerbRows<Vote & Record<string, unknown>>(db, "claim_leadership", ctx, leaseSeconds);
  if (vote === undefined) throw new Error("claim_leadership returns one row");
  return vote;
}

/** @throws {AuraError} `stale_term` when the term is over. Source: database/functions/renew_leadership.sql */
export async function renewLeadership(db: Queryable, ctx: LeaderContext): Promise<void> {
  await callVerbRows(db, "renew_leadership", ctx);
}

/** @throws {AuraError} `stale_term` when the term is over. Source: database/functions/release_leadership.sql */
export async function releaseLeadership(db: Queryable, ctx: LeaderContext): Promise<void> {
  await callVerbRows(db, "release_leadership", ctx);
}

/**
 * Ends the sessions that still hold the lease of a term that ran out: a Manager that was stopped or cut off within a
 * transaction would keep everybody from being elected. Their transactions are rolled back, which is always safe; a login may
 * end its own sessions. Does nothing while somebody leads.
 *
 * @returns how many were ended
 */
export async function endSessionsOfLapsedTerm(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ ended: boolean }>(
    `select pg_terminate_backend(a.pid) as ended
     from manager_lease m, pg_locks k join pg_stat_activity a on a.pid = k.pid
     where m.expires_at <= now() and k.relation = 'manager_lease'::regclass and k.mode = 'RowShareLock' and k.granted
       and k.database = (select oid from pg_database where datname = current_database())
       and a.usename = session_user and a.xact_start < m.expires_at`,
  );
  return rows.filter(({ ended }) => ended).length;
}
