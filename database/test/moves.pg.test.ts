import { FIRST_STATUS, LEGAL_MOVES } from "@aura/shared/ledger/moves";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

test.each([
  ["task", "task_transitions"],
  ["run", "run_transitions"],
  ["approval", "approval_transitions"],
])("whoever checks the log offline allows a %s exactly the moves of %s", async (subject, table) => {
  const { rows } = await db.pools.admin.query<{ from_status: string; to_status: string }>(
    `select distinct from_status, to_status from ${table} order by 1, 2`,
  );
  const moves = Object.entries(LEGAL_MOVES[subject] ?? {}).flatMap(([from_status, after]) =>
    after.map((to_status) => ({ from_status, to_status })),
  );
  const inOrder = (a: (typeof moves)[number], b: (typeof moves)[number]) =>
    `${a.from_status} ${a.to_status}` < `${b.from_status} ${b.to_status}` ? -1 : 1;
  expect(moves.sort(inOrder)).toEqual([...rows].sort(inOrder));
  expect(FIRST_STATUS[subject]?.length).toBeGreaterThan(0);
});
