import { changedPaths } from "@aura/shared/models/tree";
import { putTree, readTree } from "@aura/shared/postgres/blobs";
import { type Candidate, type Leftover, readCandidates, readLeftovers } from "../../db/orchestration-partial.ts";
import { type Progress, readProgress } from "../../db/orchestration-progress.ts";
import { endOpenTasks, finishRun } from "../finish.ts";
import { treeOfLeftovers } from "../partial-tree.ts";
import { phaseOf } from "../run-status.ts";
import { sealFirst } from "../seal-first.ts";
import { atomically, countDone, forEach, type Step, type StepDeps } from "../step.ts";
import { headNow } from "../submission-tree.ts";
import { requestAssembly } from "./assembly.ts";

/** Seconds that a partial delivery waits for the judgement of exactly what it hands over. */
const JUDGEMENT_S = 600;

/**
 * What the Director wants as it is: open work is ended, the head judged as a whole, then once more with the best
 * attempts of what was cut off on top of it; whichever of the two proves more is handed over.
 */
export const deliverPartially: Step = {
  name: "deliver_partially",
  async run(deps) {
    const runs = (await readProgress(deps.pool)).filter((progress) => phaseOf(progress) === "partial");
    return forEach(deps, "deliver partially", runs, (progress) => deliver(deps, progress));
  },
};

async function deliver(deps: StepDeps, progress: Progress): Promise<number> {
  if (progress.open_tasks > 0) return endOpen(deps, progress.run_id);
  if (needsJudgement(progress)) return requestAssembly(deps, progress, 0);
  if (isBeingJudged(progress)) return 0;
  const candidates = await readCandidates(deps.pool, progress.run_id);
  const landed = candidates.some((candidate) => candidate.partial) ? 0 : await landLeftovers(deps, progress);
  return landed > 0 ? landed : sealFirst(deps, progress, () => finish(deps, progress, candidates));
}

async function endOpen(deps: StepDeps, runId: string): Promise<number> {
  let ended = 0;
  await atomically(deps, "end open tasks", async (tx) => {
    ended = await endOpenTasks(deps, tx, runId, "deliver_partial");
  });
  return ended;
}

function needsJudgement({ head_revision_id, suite_id, assembly_request_id }: Progress): boolean {
  return head_revision_id !== null && suite_id !== null && assembly_request_id === null;
}

function isBeingJudged({ assembly_request_id, assembly_outcome, assembly_requested_s_ago }: Progress): boolean {
  return assembly_request_id !== null && assembly_outcome === null && (assembly_requested_s_ago ?? 0) < JUDGEMENT_S;
}

/** @returns 0 where nothing was left over that the head does not have */
async function landLeftovers({ pool, verbs, log }: StepDeps, progress: Progress): Promise<number> {
  const { run_id, head_revision_id } = progress;
  const leftovers = await readLeftovers(pool, run_id);
  const head = await headNow(pool, head_revision_id);
  const changes = [];
  for (const { key, base_tree_sha256, tree_sha256 } of leftovers) {
    const base = base_tree_sha256 === null ? new Map() : await readTree(pool, base_tree_sha256);
    changes.push({ key, base, tree: await readTree(pool, tree_sha256) });
  }
  const tree = treeOfLeftovers(head, changes);
  if (changedPaths(head, tree).length === 0) return 0;
  const item = { run_id, head_revision_id, tree_sha256: await putTree(pool, tree), message: messageOf(leftovers) };
  return countDone(log, "land_partial_revision", await verbs.landPartialRevision(pool, item));
}

function messageOf(leftovers: readonly Leftover[]): string {
  return `${leftovers.map(({ key }) => key).join(", ")}: best attempts, handed over as they are`;
}

function finish(
  deps: StepDeps,
  { run_id, head_revision_id }: Progress,
  candidates: readonly Candidate[],
): Promise<number> {
  const proven = [...candidates].sort((a, b) => (b.passed ?? -1) - (a.passed ?? -1) || b.number - a.number);
  const revision_id = proven[0]?.revision_id ?? head_revision_id;
  return finishRun(deps, { run_id, status: "completed", stop_reason: "partial", revision_id });
}
