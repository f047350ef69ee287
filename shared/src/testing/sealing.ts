import { setTimeout as sleep } from "node:timers/promises";
import { formatCheckpoint } from "../ledger/checkpoints.ts";
import { append, EMPTY, rootOf } from "../ledger/merkle.ts";
import { formatNote, type Signer, signerOf, signText } from "../ledger/notes.ts";
import { TILE_HEIGHT } from "../ledger/tiles.ts";
import { readTileHashes } from "../postgres/log-tree.ts";
import { callVerb, callVerbRows } from "../postgres/verbs.ts";
import { AUDITOR, allDone } from "./factories.ts";
import type { TestDatabase } from "./postgres.ts";

const PATIENCE_MS = 60_000;

/** The same, after the books of runs that have ended were closed. */
export async function sealEndedRuns(db: TestDatabase): Promise<void> {
  await sealLog(db);
  const { auditor } = db.pools;
  const { rows } = await auditor.query<{ run_id: string; through: string; count: string; leaves: Buffer[] }>(
    `select r.id as run_id, max(l.seq) as through, count(*) as count, array_agg(l.leaf order by l.seq) as leaves
       from orchestra_runs r join audit_events e on e.run_id = r.id join audit_leaves l on l.event_id = e.id
      where r.finished_at is not null and not exists (select from run_seals s where s.run_id = r.id) group by 1`,
  );
  const of = (key: "run_id" | "through" | "count") => rows.map((row) => row[key]);
  const roots = rows.map(({ leaves }) => rootOf(append(EMPTY, leaves)));
  await allDone(callVerb(auditor, "seal_runs", AUDITOR, of("run_id"), of("through"), of("count"), roots));
  await sealLog(db);
}

/**
 * Numbers every event and puts a signed checkpoint over them on record, as the Auditor does, with the key of
 * {@link logSigner}. Waits as long as transactions in other databases of the server hold the numbers back.
 *
 * @returns whether there was anything to seal
 */
export async function sealLog(db: TestDatabase): Promise<boolean> {
  const { auditor } = db.pools;
  const end = Date.now() + PATIENCE_MS;
  let state = await numbered(db);
  for (; state.waiting; state = await numbered(db)) {
    if (Date.now() > end) throw new Error("events still wait for their numbers");
    await sleep(10);
  }
  if (state.size === state.sealed) return false;
  const [claim] = await callVerbRows<{ term: string }>(auditor, "claim_sealing", AUDITOR, 600);
  const { root, subtrees } = treeOf(await readTileHashes(auditor, 0, 0, state.size), state.sealed);
  const text = formatCheckpoint({ origin: state.origin, size: state.size, root });
  const note = formatNote(text, [signText(text, logSigner(state.origin))]);
  const of = <K extends keyof Subtree>(key: K) => subtrees.map((one) => one[key]);
  const args = [claim?.term, state.size, root, note, of("level"), of("position"), of("root")];
  await allDone(callVerb(auditor, "record_checkpoint", AUDITOR, ...args));
  return true;
}

/** The same key in every test, named after its log. */
export function logSigner(origin: string): Signer {
  return signerOf(origin, Buffer.alloc(32, 7));
}

interface Subtree {
  readonly level: number;
  readonly position: number;
  readonly root: Buffer;
}

/** Root of the tree, and the subtrees that became whole after `before` leaves. */
function treeOf(leaves: readonly Buffer[], before: number) {
  const subtrees: Subtree[] = [];
  const frontier = append(append(EMPTY, leaves.slice(0, before)), leaves.slice(before), (height, position, root) => {
    if (height % TILE_HEIGHT === 0) subtrees.push({ level: height / TILE_HEIGHT, position, root });
  });
  return { root: rootOf(frontier), subtrees };
}

interface Numbered extends Record<string, unknown> {
  readonly origin: string;
  readonly size: number;
  readonly sealed: number;
  readonly waiting: boolean;
}

async function numbered({ pools }: TestDatabase): Promise<Numbered> {
  await pools.auditor.query("select number_events(100000)");
  const { rows } = await pools.auditor.query<Numbered>(
    `select 'aura_orchestra/' || s.log_id || '/' || s.generation as origin, s.size::int,
            (select coalesce(max(size), 0)::int from audit_checkpoints) as sealed,
            exists (select from audit_events e where s.last_event_id is null or e.id > s.last_event_id) as waiting
       from audit_log_state s`,
  );
  return rows[0] as Numbered;
}
