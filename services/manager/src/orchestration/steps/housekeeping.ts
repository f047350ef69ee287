import { readConfidenceFacts } from "../../db/orchestration-confidence.ts";
import { confidenceScore, readConfidenceInputs } from "../confidence.ts";
import { countDone, type Step } from "../step.ts";

/** Seconds after which a reserved model call that was never settled is charged in full. */
const RESERVATION_S = 900;
const FORGET_EVERY_MS = 10 * 60_000;

/** Reservations whose agents died are charged: what may have been spent was spent. */
export const expireReservations: Step = {
  name: "expire_reservations",
  async run({ pool, verbs, log }) {
    return countDone(log, "expire_reservations", await verbs.expireReservations(pool, RESERVATION_S));
  },
};

/** Replies under an Idempotency-Key are kept for a day; nobody waits for their end, so it is looked for now and then. */
export function forgetReplies(everyMs = FORGET_EVERY_MS): Step {
  let dueAt = 0;
  return {
    name: "forget_replies",
    async run({ pool, verbs }) {
      if (performance.now() < dueAt) return 0;
      const forgotten = await verbs.forgetReplies(pool);
      if (forgotten === 0) dueAt = performance.now() + everyMs;
      return forgotten;
    },
  };
}

/** Keeps the confidence in every open run up to what is known of it. */
export const scoreConfidence: Step = {
  name: "score_confidence",
  async run({ pool, verbs, log }) {
    const changed = [];
    for (const facts of await readConfidenceFacts(pool)) {
      const score = confidenceScore(await readConfidenceInputs(pool, facts));
      if (facts.score === null || Number(facts.score) !== score)
        changed.push({ run_id: facts.run_id, score: `${score}` });
    }
    if (changed.length === 0) return 0;
    return countDone(log, "set_confidence", await verbs.setConfidence(pool, changed));
  },
};
