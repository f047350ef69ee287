import type { Progress } from "../db/orchestration-progress.ts";
import { readSealWait } from "../db/orchestration-seal.ts";
import { stand } from "./stand.ts";
import type { StepDeps } from "./step.ts";

/** A checkpoint comes within a second or two; only what takes longer is worth a line in the log. */
const SHORT_S = 5;
/** After that a person should look, in seconds. */
const PATIENCE_S = 60;
/** It stays the same while the run waits: each change of it is an event, which would have to be sealed as well. */
const DETAIL = "what happened in the run is not under a signed checkpoint yet; it ends by itself as soon as it is";

/**
 * What leaves the system waits until a signed checkpoint covers how it came to be. The wait shows, and after a minute it is
 * the Director's; it ends by itself however long it was.
 */
export async function sealFirst(deps: StepDeps, progress: Progress, end: () => Promise<number>): Promise<number> {
  const wait = await readSealWait(deps.pool, progress.run_id);
  if (wait === null) return end();
  if (wait.seconds < SHORT_S) return 0;
  const since = progress.waiting_code === "log_unsealed" && progress.status === "awaiting_director";
  const status = since || wait.seconds > PATIENCE_S ? "awaiting_director" : "delivering";
  return stand(deps, progress, { status, code: "log_unsealed", detail: DETAIL });
}
