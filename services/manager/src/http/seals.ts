import { setTimeout as sleep } from "node:timers/promises";
import { AuraError } from "@aura/shared/problems";
import type { FastifyReply } from "fastify";
import { readRun } from "../db/read-run-statements.ts";
import { type MutationSubject, readEventSeal, readRunCheckpoint } from "../db/read-seal-statements.ts";
import type { AppDeps } from "./app-deps.ts";

/** The Auditor needs a second or two; what takes longer than this is told to whoever waits. */
export const PATIENCE_MS = 10_000;
const LOOK_MS = 200;

/** Reply part of a mutation: it is committed; where its proof will be, and whether a signed checkpoint covers it already. */
export async function sealOf(pool: AppDeps["pool"], subject: MutationSubject, id: string) {
  const seal = await readEventSeal(pool, subject, id);
  return { sealed: seal?.sealed ?? false, proof_url: seal === null ? null : `/v1/audit/proof/${seal.event_id}` };
}

/**
 * Waits a little until a signed checkpoint covers an ended run, its seal included: nothing about it leaves before. An open
 * run is only looked at.
 *
 * @throws {AuraError} `log_unsealed` when it does not come; `not_found`
 */
export async function untilSealed(
  { pool, seal_patience_ms: patienceMs = PATIENCE_MS }: AppDeps,
  runId: string,
  reply: FastifyReply,
): Promise<void> {
  const run = await readRun(pool, runId);
  if (run === null) throw new AuraError("not_found", "there is no run with this id");
  if (run.finished_at === null) return;
  const end = performance.now() + patienceMs;
  while ((await readRunCheckpoint(pool, runId)) === null) {
    if (performance.now() > end || reply.raw.destroyed) throw unsealed(run.finished_at);
    await sleep(LOOK_MS);
  }
}

function unsealed(since: string): AuraError {
  const seconds = Math.round((Date.now() - Date.parse(since)) / 1000);
  return new AuraError(
    "log_unsealed",
    `the run ended ${seconds} s ago, at ${since}, and no signed checkpoint covers its end yet`,
  );
}
