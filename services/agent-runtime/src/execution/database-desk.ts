import { setTimeout as sleep } from "node:timers/promises";
import { isUnavailable, type Queryable } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import type { VerbOutcome } from "@aura/shared/postgres/verbs";
import * as attempts from "../db/attempt-statements.ts";
import * as calls from "../db/call-statements.ts";
import type { Answer, Desk } from "./desk.ts";

const WAIT_MS = 500;
const TRIES_MAX = 8;

/**
 * The desk of one claim. While the database is away a request is tried again for some seconds, unless the claim's
 * signal ends it: by then the lease is gone, too.
 */
export function databaseDesk(db: Queryable, proof: attempts.ClaimProof, signal: AbortSignal): Desk {
  const patiently = <T>(ask: () => Promise<T>) => withPatience(ask, signal);
  const answer = async (ask: () => Promise<VerbOutcome>) => toAnswer(await patiently(ask));
  const lastWord = async (ask: () => Promise<VerbOutcome>) => {
    const said = await answer(ask);
    await notifyTasks(db); // the Manager acts on it at once
    return said;
  };
  return {
    putBlobs: (items) => patiently(() => attempts.putAgentBlobs(db, proof.token, items)),
    async log(message, severity) {
      await attempts.logActivity(db, proof, message, severity);
    },
    reserveCall: (call) => answer(() => calls.reserveCall(db, proof, call)),
    settleCall: (call) => answer(() => calls.settleCall(db, proof, call)),
    queueSandboxJob: (treeSha256, command, args) =>
      answer(() => attempts.queueSandboxJob(db, proof, { treeSha256, command, arguments: args })),
    readSandboxJob: (jobId) => patiently(() => attempts.readSandboxJob(db, proof.token, jobId)),
    submit: (product, transcript, selfConfidence) =>
      lastWord(() => attempts.submitAttempt(db, proof, { product, transcript, selfConfidence })),
    end: (outcome, code, detail, transcript) =>
      lastWord(() => attempts.endAttempt(db, proof, { outcome, code, detail, transcript })),
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
