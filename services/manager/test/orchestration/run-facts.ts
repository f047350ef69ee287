import { readJson } from "@aura/shared/postgres/blobs";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { directorAction } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";

interface RunFacts extends Record<string, unknown> {
  readonly status: string;
  readonly stop_reason: string | null;
  readonly waiting_code: string | null;
  readonly waiting_detail: string | null;
  readonly delivered_revision_id: string | null;
  readonly head_revision_id: string | null;
  readonly suite_id: string | null;
}

export async function runOf(db: TestDatabase, runId: string): Promise<RunFacts> {
  const { rows } = await db.pools.manager.query<RunFacts>("select * from orchestra_runs where id = $1", [runId]);
  if (rows[0] === undefined) throw new Error(`no run ${runId}`);
  return rows[0];
}

/** Status of every task of a run by key. */
export async function taskStatuses(db: TestDatabase, runId: string): Promise<Record<string, string>> {
  const { rows } = await db.pools.manager.query<{ key: string; status: string }>(
    "select key, status from task_queue where run_id = $1 order by created_at, key",
    [runId],
  );
  return Object.fromEntries(rows.map(({ key, status }) => [key, status]));
}

export async function taskOf(db: TestDatabase, runId: string, key: string): Promise<Record<string, unknown>> {
  const { rows } = await db.pools.manager.query("select * from task_queue where run_id = $1 and key = $2", [
    runId,
    key,
  ]);
  return rows[0] as Record<string, unknown>;
}

export async function taskIdOf(db: TestDatabase, runId: string, key: string): Promise<string> {
  return String((await taskOf(db, runId, key)).id);
}

/** Approves what is pending in a run; returns the kinds. */
export async function approveAll(db: TestDatabase, runId: string): Promise<string[]> {
  const pending = await pendingApprovals(db, runId);
  for (const { id, digest } of pending) {
    const outcome = await directorAction(db, "approve", id, { digest });
    if (outcome.outcome !== "done") throw new Error(`not approved: ${outcome.code}`);
  }
  return pending.map(({ kind }) => kind);
}

export async function pendingApprovals(db: TestDatabase, runId: string) {
  const { rows } = await db.pools.manager.query<{ id: string; kind: string; digest: string; question: string | null }>(
    `select id, kind, encode(digest, 'hex') as digest, question from approvals
      where run_id = $1 and status = 'pending' order by created_at, question`,
    [runId],
  );
  return rows;
}

/** The tasks that the landed revisions of a run came from, in order; `none` for a base or partial revision. */
export async function landedTasks(db: TestDatabase, runId: string): Promise<string[]> {
  const { rows } = await db.pools.manager.query<{ key: string | null }>(
    `select t.key from revisions v left join task_queue t on t.id = v.task_id where v.run_id = $1 order by v.number`,
    [runId],
  );
  return rows.map(({ key }) => key ?? "none");
}

/** The suite in force. */
export async function suiteOf(db: TestDatabase, runId: string): Promise<SuiteProduct> {
  const { rows } = await db.pools.manager.query<{ sha256: string }>(
    `select encode(s.content_sha256, 'hex') as sha256 from orchestra_runs r join suites s on s.id = r.suite_id where r.id = $1`,
    [runId],
  );
  return readJson(db.pools.manager, rows[0]?.sha256 ?? "", SuiteProduct);
}
