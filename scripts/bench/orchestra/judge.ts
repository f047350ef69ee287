import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import { withTransaction } from "@aura/shared/postgres/client";
import { notifyTasks } from "@aura/shared/postgres/task-notifications";
import { allDone } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import {
  claimVerification,
  recordVerification,
  type VerificationClaim,
} from "../../../services/auditor/src/db/request-statements.ts";

const HOLDER = "bench-auditor";
const LEASE_S = 60;
const LOOK_MS = 5;

/** The next request to judge, under the Auditor's lease; null once `signal` aborts. */
export async function nextClaim(db: TestDatabase, signal: AbortSignal): Promise<VerificationClaim | null> {
  while (!signal.aborted) {
    const claim = await claimVerification(db.pools.auditor, HOLDER, LEASE_S);
    if (claim !== null) return claim;
    await sleep(LOOK_MS);
  }
  return null;
}

/** Accepts without a look, and tells it, in the Auditor's way. @returns when the verdict was committed (performance.now) */
export async function accept(db: TestDatabase, claim: VerificationClaim): Promise<number> {
  const pool = db.pools.auditor;
  const verdict = { id: newId(), outcome: "accepted", report_sha256: await putJson(pool, { outcome: "accepted" }) };
  const nothing = {
    tree_sha256: null,
    sandbox_level: null,
    environment_sha256: null,
    verdicts: [],
    tests: [],
    evidence: [],
  };
  await withTransaction(pool, async (tx) => {
    await allDone(recordVerification(tx, HOLDER, claim, { ...verdict, ...nothing }).then((outcome) => [outcome]));
  });
  const committed = performance.now();
  await notifyTasks(pool);
  return committed;
}
