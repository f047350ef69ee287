import { createLog } from "@aura/shared/log";
import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import { withTransaction } from "@aura/shared/postgres/client";
import { listenForTasks, notifyTasks } from "@aura/shared/postgres/task-notifications";
import { allDone } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import {
  claimVerification,
  recordVerification,
  type VerificationClaim,
} from "../../../services/auditor/src/db/request-statements.ts";
import { Bell } from "../bell.ts";

const HOLDER = "bench-auditor";
const LEASE_S = 60;
/** As the Auditor's loop: woken by notifications, and it looks by itself. */
const POLL_MS = 300;
const NO_FACTS = { tree_sha256: null, sandbox_level: null, environment_sha256: null };
const NO_DETAILS = { verdicts: [], tests: [], evidence: [] };

/** Judges in the Auditor's place and with its statements, accepting without a look. */
export class Judge {
  readonly #db: TestDatabase;
  readonly #bell = new Bell();
  readonly #ended = new AbortController();

  constructor(db: TestDatabase) {
    this.#db = db;
    void listenForTasks(db.pools.auditor, () => this.#bell.ring(), createLog("bench", "error"), this.#ended.signal);
  }

  /** The next request, under a lease; null once `signal` aborts. */
  async nextClaim(signal: AbortSignal): Promise<VerificationClaim | null> {
    while (!signal.aborted) {
      const claim = await claimVerification(this.#db.pools.auditor, HOLDER, LEASE_S);
      if (claim !== null) return claim;
      await this.#bell.wait(POLL_MS);
    }
    return null;
  }

  /** @returns when the verdict was committed (performance.now) */
  async accept(claim: VerificationClaim): Promise<number> {
    const pool = this.#db.pools.auditor;
    const verdict = { id: newId(), outcome: "accepted", report_sha256: await putJson(pool, { outcome: "accepted" }) };
    await withTransaction(pool, async (tx) => {
      const record = { ...verdict, ...NO_FACTS, ...NO_DETAILS };
      await allDone(recordVerification(tx, HOLDER, claim, record).then((outcome) => [outcome]));
    });
    const committed = performance.now();
    await notifyTasks(pool);
    return committed;
  }

  stop(): void {
    this.#ended.abort();
  }
}
