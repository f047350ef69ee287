import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { NoteError, parseNote, parseVerifier, signersOf } from "@aura/shared/ledger/notes";
import { consistencyPath } from "@aura/shared/ledger/proofs";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { readProof } from "@aura/shared/postgres/log-tree";
import { readUnwitnessed, recordCosignature, type Unwitnessed } from "../db/anchoring-statements.ts";
import { raiseAlarms } from "../db/event-statements.ts";
import { readAuditKeys } from "../db/sealing-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { fetchKeptNote, submitCheckpoint, type Witness, type WitnessAnswer } from "./witness-client.ts";

/** Time between two looks, in ms. Each cosignature is a row: the newest checkpoint is enough, not every one. */
const LOOK_MS = 2000;

/** What a witness last said about this log. */
export interface Anchor {
  readonly witness: string;
  readonly kind: "cosigned" | "unreachable" | "refused" | "contradicted";
  readonly detail: string;
  /** When it contradicts: the newest checkpoint that it shows, if a key of this log signed it. Whoever checks can be given it. */
  readonly evidence?: string | null;
}

export interface AnchoringDeps {
  readonly pool: Pool;
  readonly holder: string;
  /** Asked at each look: a witness's key may not be known yet. */
  readonly witnesses: () => Promise<readonly Witness[]>;
}

export interface Anchoring extends PollingLoop {
  state(): readonly Anchor[];
}

/**
 * Shows the newest checkpoint to every witness. A witness that does not answer is asked again; one that has seen more
 * than there is, or something else, holds the evidence that this log was changed: that is a critical event, once, and
 * stands until that witness cosigns again.
 */
export function startAnchoring(deps: AnchoringDeps, log: Log): Anchoring {
  const anchors = new Map<string, Anchor>();
  const told = new Set<string>();
  const look = async (witness: Witness): Promise<void> => {
    const { name } = witness.verifier;
    const before = anchors.get(name);
    const said = await anchorOnce(deps, witness);
    if (before?.kind === "contradicted" && said.kind !== "cosigned") return;
    anchors.set(name, said);
    if (said.kind !== "cosigned" && said.kind !== before?.kind) log.error(said, "the log is not witnessed");
    if (said.kind !== "contradicted" || told.has(name)) return;
    await tell(deps, said);
    told.add(name);
  };
  const loop = startPolling({ name: "anchoring", log, idleMs: LOOK_MS, busyMs: LOOK_MS }, async () => {
    for (const witness of await deps.witnesses()) await look(witness);
    return false;
  });
  return { ...loop, state: () => [...anchors.values()] };
}

/** Shows the newest checkpoint to one witness, unless that has cosigned it. */
export async function anchorOnce(deps: AnchoringDeps, witness: Witness): Promise<Anchor> {
  const { name } = witness.verifier;
  const newest = await readUnwitnessed(deps.pool, name);
  if (newest === null) return { witness: name, kind: "cosigned", detail: "the newest checkpoint" };
  const said = await showFrom(deps, witness, newest);
  if (said.kind === "contradicted")
    return { witness: name, ...said, evidence: await evidenceOf(deps, witness, newest) };
  if (said.kind !== "cosigned") return { witness: name, ...said };
  const { size } = newest;
  const [recorded] = await recordCosignature(deps.pool, deps.holder, { size, witness: name, line: said.line });
  const lost = recorded?.code ?? null;
  if (lost !== null) return { witness: name, kind: "refused", detail: `the database refuses its cosignature: ${lost}` };
  return { witness: name, kind: "cosigned", detail: `${size} events` };
}

async function showFrom(
  deps: AnchoringDeps,
  witness: Witness,
  newest: Unwitnessed,
): Promise<Exclude<WitnessAnswer, { kind: "other_size" }>> {
  const first = await show(deps, witness, newest, newest.from);
  if (first.kind !== "other_size") return first;
  const { size } = first; // it saw more than the database remembers: another Auditor, or an older database
  if (size > newest.size) return overtaken(deps, witness, size);
  const second = await show(deps, witness, newest, size);
  if (second.kind !== "other_size") return second;
  return { kind: "unreachable", detail: "it names another size each time: another Auditor shows it checkpoints, too" };
}

/** The witness has seen a later checkpoint: one that another Auditor signed meanwhile, or one that is gone. */
async function overtaken({ pool }: AnchoringDeps, { verifier }: Witness, seen: number) {
  const now = await readUnwitnessed(pool, verifier.name);
  if (now === null || now.size >= seen) return { kind: "unreachable", detail: "another Auditor was faster" } as const;
  const detail = `it has seen ${seen} events of this log, and only ${now.size} are under a checkpoint`;
  return { kind: "contradicted", detail } as const;
}

async function show({ pool }: AnchoringDeps, witness: Witness, { note, size }: Unwitnessed, from: number) {
  return submitCheckpoint(witness, from, note, await readProof(pool, consistencyPath(from, size)));
}

async function evidenceOf({ pool }: AnchoringDeps, { url }: Witness, newest: Unwitnessed): Promise<string | null> {
  const { origin } = parseCheckpoint(parseNote(newest.note).text);
  const note = await fetchKeptNote(url, origin);
  const keys = (await readAuditKeys(pool)).map(({ verifier_key }) => parseVerifier(verifier_key));
  try {
    return note !== null && signersOf(parseNote(note), keys).length > 0 ? note : null;
  } catch (error) {
    if (error instanceof NoteError) return null;
    throw error;
  }
}

async function tell({ pool, holder }: AnchoringDeps, { witness, detail, evidence }: Anchor): Promise<void> {
  const description = "A witness has seen another log than this one.";
  const about = { event_type: "log.contradicted" as const, subject_type: "witness", subject_id: witness };
  await raiseAlarms(pool, holder, [{ ...about, description, payload: { detail, evidence: evidence ?? "" } }]);
}
