import { consistencyPath } from "@aura/shared/ledger/proofs";
import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { readProof } from "@aura/shared/postgres/log-tree";
import { readUnwitnessed, recordCosignature, type Unwitnessed } from "../db/anchoring-statements.ts";
import { raiseAlarms } from "../db/event-statements.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import type { Witness } from "./witness-client.ts";
import { submitCheckpoint } from "./witness-client.ts";

/** Time between two looks, in ms. Each cosignature is a row: the newest checkpoint is enough, not every one. */
const LOOK_MS = 2000;

/** What a witness last said about this log; `since` is in ms since 1970. */
export interface Anchor {
  readonly witness: string;
  readonly kind: "cosigned" | "unreachable" | "contradicted";
  readonly detail: string;
  readonly since: number;
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
 * than there is, or something else, holds the evidence that this log was changed: that is a critical event, once.
 */
export function startAnchoring(deps: AnchoringDeps, log: Log): Anchoring {
  const anchors = new Map<string, Anchor>();
  const loop = startPolling({ name: "anchoring", log, idleMs: LOOK_MS, busyMs: LOOK_MS }, async () => {
    for (const witness of await deps.witnesses()) {
      const { name } = witness.verifier;
      const said = await anchorOnce(deps, witness);
      if (said === null) continue;
      const before = anchors.get(name);
      const since = before?.kind === said.kind ? before.since : Date.now();
      anchors.set(name, { witness: name, ...said, since });
      if (before?.kind === said.kind) continue;
      if (said.kind !== "cosigned") log.error({ witness: name, ...said }, "the log is not witnessed");
      if (said.kind === "contradicted") await tell(deps, name, said.detail);
    }
    return false;
  });
  return { ...loop, state: () => [...anchors.values()] };
}

/** @returns null where there is nothing new to show */
export async function anchorOnce(
  deps: AnchoringDeps,
  witness: Witness,
): Promise<Omit<Anchor, "witness" | "since"> | null> {
  const { pool } = deps;
  const newest = await readUnwitnessed(pool, witness.verifier.name);
  if (newest === null) return null;
  let said = await show(deps, witness, newest, newest.from);
  if (said.kind === "other_size") {
    const { size } = said; // it saw more than the database remembers: another Auditor, or an older database
    if (size > newest.size)
      return contradicted(
        `it has seen ${size} events of this log, and there are only ${newest.size} under a checkpoint`,
      );
    said = await show(deps, witness, newest, size);
  }
  if (said.kind === "unreachable") return said;
  if (said.kind !== "cosigned")
    return contradicted(said.kind === "refused" ? said.detail : "it names another size each time");
  await recordCosignature(pool, deps.holder, { size: newest.size, witness: witness.verifier.name, line: said.line });
  return { kind: "cosigned", detail: `${newest.size} events` };
}

async function show({ pool }: AnchoringDeps, witness: Witness, { note, size }: Unwitnessed, from: number) {
  return submitCheckpoint(witness, from, note, await readProof(pool, consistencyPath(from, size)));
}

function contradicted(detail: string) {
  return { kind: "contradicted", detail } as const;
}

async function tell({ pool, holder }: AnchoringDeps, witness: string, detail: string): Promise<void> {
  const description = "A witness has seen another log than this one.";
  const about = { event_type: "log.contradicted" as const, subject_type: "witness", subject_id: witness };
  await raiseAlarms(pool, holder, [{ ...about, description, payload: { detail } }]);
}
