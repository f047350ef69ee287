import { parseCheckpoint } from "@aura/shared/ledger/checkpoints";
import { append, EMPTY, leafHash, rootOf } from "@aura/shared/ledger/merkle";
import { parseNote, parseVerifier, signersOf } from "@aura/shared/ledger/notes";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { expect } from "vitest";
import { until } from "./until.ts";

/** Whatever died meanwhile: nothing was done twice, and the log is whole and says what the tables say. */
export async function checkInvariants(database: TestDatabase): Promise<void> {
  const { admin, auditor } = database.pools;
  const twice = await admin.query(
    "select task_id, count(*) from audit_events where event_type = 'task.verified' group by 1 having count(*) > 1",
  );
  expect(twice.rows, "a task was accepted twice").toEqual([]);
  const landings = await admin.query(
    "select run_id, number, count(*) from revisions group by 1, 2 having count(*) > 1",
  );
  expect(landings.rows).toEqual([]);
  await until(() => numberLog(database));
  await checkSeals(database);
  const mismatches = await auditor.query("select * from replay_mismatches(10)");
  expect(mismatches.rows, "the events do not replay to the tables").toEqual([]);
}

/** Numbers what waits; a service that still runs may add an event meanwhile. @returns whether nothing waits; there is never a hole */
async function numberLog({ pools: { admin, auditor } }: TestDatabase): Promise<boolean> {
  await auditor.query("select number_events(10000)");
  const { rows } = await admin.query(
    "select (select count(*) from audit_events) = (select count(*) from audit_leaves) complete, (select max(seq) + 1 = count(*) from audit_leaves) dense",
  );
  expect(rows[0].dense, "the places have no hole").toBe(true);
  return rows[0].complete;
}

/** Every checkpoint that was ever signed is under a good signature, over exactly the events that are there now. */
async function checkSeals({ pools: { auditor } }: TestDatabase): Promise<void> {
  const keys = await auditor.query<{ verifier_key: string }>("select verifier_key from audit_keys");
  const verifiers = keys.rows.map(({ verifier_key }) => parseVerifier(verifier_key));
  const events = await auditor.query<{ env: Buffer }>(
    "select e.env from audit_leaves l join audit_events e on e.id = l.event_id order by l.seq",
  );
  const leaves = events.rows.map(({ env }) => leafHash(env));
  const checkpoints = await auditor.query<{ note: string }>("select note from audit_checkpoints order by size");
  expect(checkpoints.rows.length, "checkpoints").toBeGreaterThan(0);
  let frontier = EMPTY;
  for (const { note } of checkpoints.rows) {
    const signed = parseNote(note);
    const { size, root } = parseCheckpoint(signed.text);
    expect(signersOf(signed, verifiers), note).toHaveLength(1);
    frontier = append(frontier, leaves.slice(frontier.size, size));
    expect(rootOf(frontier).equals(root), `root of ${size} events`).toBe(true);
  }
}
