import { setTimeout as sleep } from "node:timers/promises";
import type { Log } from "@aura/shared/log";
import { type Pool, sqlState } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import { isStaleTerm } from "@aura/shared/postgres/verbs";
import {
  claimLeadership,
  endSessionsOfLapsedTerm,
  releaseLeadership,
  renewLeadership,
  type Vote,
} from "../db/leadership-statements.ts";
import { leaderContext } from "../db/orchestration-verbs.ts";
import type { Waker } from "./loop.ts";

/** Between two votes of a standby, and between two tries to reach a database that is away. */
const LOOK_MS = 1000;
/** So many renewals go into one lease. */
const RENEWALS = 5;
const LOCK_TIMEOUT = "55P03";

export interface LeadershipDeps {
  /** A connection of its own: whatever the other ones wait for, the lease is renewed. */
  readonly pool: Pool;
  /** Names this process and no other. */
  readonly holder: string;
  readonly leaseSeconds: number;
  readonly log: Log;
  /** Wakes a standby when something moved, as when the leader has stepped down. */
  readonly waker: Waker;
  /** Called when a vote went to another Manager. */
  readonly onStandby: () => void;
}

/**
 * Stands for election until `signal` aborts. While elected, `lead` runs under a signal that aborts with the term, and the
 * lease is renewed; when the term is lost it stands by again. On abort it steps down, so that a standby need not wait.
 *
 * Nothing here is needed for safety: the database refuses whatever comes under a term that is over.
 */
export async function standForElection(
  deps: LeadershipDeps,
  lead: (term: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  let leader = "";
  while (!signal.aborted) {
    const asked = performance.now();
    const vote = await castVote(deps);
    if (vote?.elected) {
      deps.log.info({ term: vote.term }, "elected: this Manager leads");
      await serveTerm(deps, vote.term, asked, lead, signal);
      leader = "";
      continue;
    }
    if (vote !== null && vote.holder !== leader) {
      deps.log.info({ term: vote.term, leader: vote.holder }, "standing by");
      leader = vote.holder;
    }
    if (vote !== null) deps.onStandby();
    await deps.waker.wait(LOOK_MS, signal);
  }
}

/** @returns null when there was no vote: the database is away, or transactions of the former leader are still under way */
async function castVote({ pool, holder, leaseSeconds, log }: LeadershipDeps): Promise<Vote | null> {
  try {
    const ctx = { actor_kind: "manager", actor_id: holder, request_id: null, action_id: null } as const;
    return await claimLeadership(pool, ctx, leaseSeconds);
  } catch (error) {
    if (sqlState(error) !== LOCK_TIMEOUT) {
      log.warn({ err: error }, "no vote");
      return null;
    }
    const ended = await endSessionsOfLapsedTerm(pool).catch((failure: unknown) => failure);
    log.warn({ ended }, "a lease ran out within a transaction of its leader, whose sessions were ended");
    return null;
  }
}

async function serveTerm(
  deps: LeadershipDeps,
  term: string,
  asked: number,
  lead: (term: string, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const leading = lead(term, AbortSignal.any([signal, over.signal])).catch((error: unknown) =>
    deps.log.error({ err: error, term }, "leading failed"),
  );
  const renewing = keepLease(deps, term, asked, AbortSignal.any([signal, over.signal]));
  const why = await Promise.race([renewing, leading.then(() => "the loop ended")]);
  over.abort();
  if (!signal.aborted) {
    // what a lost term has under way may hang for long; it is refused whenever it comes, so nobody waits for it
    deps.log.warn({ term, why }, "this Manager does not lead any more; standing by");
    return;
  }
  await leading;
  await stepDown(deps, term);
}

/**
 * Renews until `signal` aborts or the lease is lost. Its end is counted from before each question, so never longer than
 * the database counts.
 *
 * @returns why it ended
 */
async function keepLease(
  { pool, holder, leaseSeconds, log }: LeadershipDeps,
  term: string,
  claimedAt: number,
  signal: AbortSignal,
): Promise<string> {
  const leaseMs = leaseSeconds * 1000;
  const ctx = leaderContext(holder, term);
  let end = claimedAt + leaseMs;
  while (!signal.aborted) {
    await sleep(leaseMs / RENEWALS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const asked = performance.now();
    if (asked >= end) return "the lease ran out before it could be renewed";
    const answer = await Promise.race([renewalOf(renewLeadership(pool, ctx)), sleep(end - asked, "late" as const)]);
    if (answer === "renewed") end = asked + leaseMs;
    else if (answer === "stale") return "the database says that the term is over";
    else log.warn({ term, err: answer }, "the lease was not renewed");
  }
  return "stopping";
}

async function renewalOf(renewal: Promise<void>): Promise<"renewed" | "stale" | Error> {
  try {
    await renewal;
    return "renewed";
  } catch (error) {
    return isStaleTerm(error) ? "stale" : (error as Error);
  }
}

async function stepDown({ pool, holder, log }: LeadershipDeps, term: string): Promise<void> {
  try {
    await releaseLeadership(pool, leaderContext(holder, term));
    await notifyTasks(pool); // a standby looks at once
    log.info({ term }, "stepped down");
  } catch (error) {
    log.warn({ err: error, term }, "could not step down; the lease runs out by itself");
  }
}
