import type { TestDatabase } from "@aura/shared/testing/postgres";
import { expect } from "vitest";

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
  let numbered = -1;
  while (numbered !== 0)
    numbered = Number((await auditor.query("select numbered from number_events(10000)")).rows[0].numbered);
  const log = await admin.query(
    "select (select count(*) from audit_events) = (select count(*) from audit_leaves) complete, (select max(seq) + 1 = count(*) from audit_leaves) dense",
  );
  expect(log.rows[0]).toEqual({ complete: true, dense: true });
  const mismatches = await auditor.query("select * from replay_mismatches(10)");
  expect(mismatches.rows, "the events do not replay to the tables").toEqual([]);
}
