import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable, type Queryable } from "@aura/shared/postgres/client";
import * as attempts from "../db/attempt-statements.ts";
import * as calls from "../db/call-statements.ts";
import type { Actor, ClaimProof, VerbOutcome } from "../db/rows.ts";
import type { Answer, Desk } from "./desk.ts";

const WAIT_MS = 500;
const TRIES_MAX = 8;

/**
 * The desk of one claim. While the database is away a request is tried again for some seconds, unless the claim's
 * signal ends it: by then the lease is gone, too.
 */
export function databaseDesk(db: Queryable, agentId: string, proof: ClaimProof, signal: AbortSignal): Desk {
  const actor: Actor = { actor_kind: "agent", actor_id: agentId };
  const patiently = <T>(ask: () => Promise<T>) => withPatience(ask, signal);
  return {
    putBlobs: (items) => patiently(() => attempts.putBlobs(db, items)),
    log: async (message, severity) => void (await attempts.logActivity(db, actor, proof, message, severity)),
    reserveCall: async (call) => toAnswer(await patiently(() => calls.reserveCall(db, actor, proof, call))),
    settleCall: async (call) => toAnswer(await patiently(() => calls.settleCall(db, actor, proof.token, call))),
    queueSandboxJob: async (treeSha256, command, args) =>
      toAnswer(
        await patiently(() => attempts.queueSandboxJob(db, actor, proof, { treeSha256, command, arguments: args })),
      ),
    readSandboxJob: (jobId) => patiently(() => attempts.readSandboxJob(db, proof.token, jobId)),
    submit: async (product, transcript, selfConfidence) =>
      toAnswer(
        await patiently(() => attempts.submitAttempt(db, actor, proof, { product, transcript, selfConfidence })),
      ),
    end: async (outcome, code, detail, transcript) =>
      toAnswer(await patiently(() => attempts.endAttempt(db, actor, proof, { outcome, code, detail, transcript }))),
  };
}

function toAnswer(row: VerbOutcome): Answer {
  if (row.outcome === "done") return { done: true, id: row.id };
  return { done: false, code: row.code ?? "refused", detail: row.detail ?? "" };
}

async function withPatience<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnavailable(error) || tried >= TRIES_MAX || signal.aborted) throw error;
      await sleep(WAIT_MS * tried, undefined, { signal }).catch(() => undefined);
    }
  }
}
