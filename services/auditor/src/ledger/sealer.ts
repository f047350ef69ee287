import { formatCheckpoint } from "@aura/shared/ledger/checkpoints";
import { append, EMPTY, type Frontier, rootOf } from "@aura/shared/ledger/merkle";
import { formatNote, type Signer, signText } from "@aura/shared/ledger/notes";
import { TILE_HEIGHT } from "@aura/shared/ledger/tiles";
import { type Pool, type Tx, withTransaction } from "@aura/shared/postgres/client";
import { readFrontier, readTileHashes } from "@aura/shared/postgres/log-tree";
import {
  claimSealing,
  type LogState,
  type NewCheckpoint,
  readLogState,
  readNewestCheckpoint,
  recordCheckpoint,
} from "../db/sealing-statements.ts";
import { checkpointIn, type Kept, keptCheckpoint, keptFile } from "./kept-checkpoint.ts";
import type { KeyFolder } from "./key-folder.ts";
import { contradicted, SealRefused } from "./seal-refused.ts";
import { HAND_OVER_FILE, openSigningKeys } from "./signing-keys.ts";

/** Time after which another Auditor may seal, in seconds. */
const LEASE_S = 5;
/** Leaves under one checkpoint at most; what is left gets the next one. */
const BATCH = 20_000;

export interface SealerDeps {
  readonly pool: Pool;
  readonly holder: string;
  readonly folder: KeyFolder;
  /** Puts the public halves of the keys where witnesses find them. */
  readonly publish: (keys: readonly Signer[]) => void;
  /** Tree under the last checkpoint of this process, so that it need not be read again; it counts for what its root says. */
  readonly memory: { frontier: Frontier };
}

/** What one step did: how large the sealed log is, or who seals instead. */
export type SealOutcome =
  | { readonly kind: "sealed" | "nothing_new"; readonly size: number }
  | { readonly kind: "standby"; readonly holder: string | null };

interface Ground {
  /** Tree under the newest checkpoint on record. */
  readonly frontier: Frontier;
  /** That checkpoint, if the present generation of the log signed it. */
  readonly newest: Kept | null;
}

/**
 * One transaction: signs the tree of all numbered events, if there are more than under the newest checkpoint. The newest
 * one signed also lies in the Auditor's folder, written before the commit, and nothing is ever signed beside it:
 *
 * - killed before the file is written: nothing was signed;
 * - killed between the file and the commit: the next step puts that very note on record, if the log still leads to it;
 * - the database older than the file: a restored backup, refused;
 * - the file older than the database: it is brought up to what the own key signed there.
 *
 * @throws {SealRefused} saying what the log contradicts
 */
export async function sealOnce(deps: SealerDeps): Promise<SealOutcome> {
  const outcome = await withTransaction(deps.pool, (tx) => sealWithin(tx, deps), 1);
  if (outcome.kind !== "standby") deps.folder.remove(HAND_OVER_FILE); // done, and never again without being asked
  return outcome;
}

async function sealWithin(tx: Tx, deps: SealerDeps): Promise<SealOutcome> {
  const claim = await claimSealing(tx, deps.holder, LEASE_S);
  if (!claim.mine) return { kind: "standby", holder: claim.holder };
  const state = await readLogState(tx);
  const signers = await openSigningKeys(tx, deps.holder, state, deps.folder, deps.publish);
  const step = { ...deps, tx, state, signers, term: claim.term };
  const ground = await groundOf(step);
  const kept = keptCheckpoint(deps.folder, state, signers);

  let { frontier } = ground;
  if (kept !== null && kept.size > frontier.size) frontier = await adopt(step, frontier, kept);
  else if (ground.newest !== null) await keepUp(step, frontier, ground.newest, kept);
  const grown = await signNext(step, frontier);
  deps.memory.frontier = grown;
  return { kind: grown.size > ground.frontier.size ? "sealed" : "nothing_new", size: grown.size };
}

interface Step extends SealerDeps {
  readonly tx: Tx;
  readonly state: LogState;
  readonly signers: readonly Signer[];
  readonly term: number;
}

/** The newest checkpoint on record, whose root the hashes in the database must lead to. */
async function groundOf({ tx, state, signers, memory }: Step): Promise<Ground> {
  const newest = await readNewestCheckpoint(tx);
  if (newest === null) return { frontier: EMPTY, newest: null };
  if (newest.size > state.size)
    throw contradicted(`${newest.size} events are under a checkpoint and only ${state.size} are numbered`);
  const known = memory.frontier.size === newest.size && rootOf(memory.frontier).equals(newest.root);
  const frontier = known ? memory.frontier : await readFrontier(tx, newest.size);
  if (!rootOf(frontier).equals(newest.root)) throw otherRoot(newest.size);
  if (newest.generation !== state.generation) return { frontier, newest: null };
  const { size, root } = checkpointIn(newest.note, signers).checkpoint;
  if (size !== newest.size || !root.equals(newest.root))
    throw contradicted(`the checkpoint of ${newest.size} events says something else than its row`);
  return { frontier, newest };
}

/** Puts on record what was signed and never committed. */
async function adopt(step: Step, from: Frontier, kept: Kept): Promise<Frontier> {
  if (kept.size > step.state.size)
    throw new SealRefused(
      "log_restored",
      `${kept.size} events were signed and the database has ${step.state.size}: it is an older state of itself`,
    );
  const { frontier, subtrees } = await grow(step.tx, from, kept.size);
  if (!rootOf(frontier).equals(kept.root)) throw otherRoot(kept.size);
  await record(step, { ...kept, subtrees });
  return frontier;
}

/** Where the database knows more than the folder, another Auditor sealed, or the folder was put back from a copy. */
async function keepUp(step: Step, frontier: Frontier, newest: Kept, kept: Kept | null): Promise<void> {
  const { tx, folder, state, signers } = step;
  if (kept !== null) {
    const then = kept.size === frontier.size ? frontier : await readFrontier(tx, kept.size);
    if (!rootOf(then).equals(kept.root)) throw otherRoot(kept.size);
    if (kept.size === frontier.size) return;
    if (!checkpointIn(newest.note, signers).signed)
      throw contradicted(`the checkpoint of ${newest.size} events was not signed by a key of this log`);
  }
  folder.write(keptFile(state), newest.note);
}

async function signNext(step: Step, from: Frontier): Promise<Frontier> {
  const { tx, state, signers, folder } = step;
  const size = Math.min(state.size, from.size + BATCH);
  if (size <= from.size) return from;
  const { frontier, subtrees } = await grow(tx, from, size);
  const root = rootOf(frontier);
  const text = formatCheckpoint({ origin: state.origin, size, root });
  const note = formatNote(
    text,
    signers.map((signer) => signText(text, signer)),
  );
  folder.write(keptFile(state), note);
  await record(step, { size, root, note, subtrees });
  return frontier;
}

async function grow(tx: Tx, from: Frontier, size: number) {
  const leaves = await readTileHashes(tx, 0, from.size, size - from.size);
  if (leaves.length !== size - from.size) throw contradicted(`the event ${from.size + leaves.length} is gone`);
  const subtrees: NewCheckpoint["subtrees"][number][] = [];
  const frontier = append(from, leaves, (height, position, root) => {
    if (height % TILE_HEIGHT === 0) subtrees.push({ level: height / TILE_HEIGHT, position, root });
  });
  return { frontier, subtrees };
}

async function record({ tx, holder, term }: Step, checkpoint: NewCheckpoint): Promise<void> {
  const { code } = await recordCheckpoint(tx, holder, term, checkpoint);
  if (code !== null) throw contradicted(`the database refuses the checkpoint of ${checkpoint.size} events: ${code}`);
}

function otherRoot(size: number): SealRefused {
  return contradicted(`the first ${size} events do not lead to the root that was signed for them`);
}
