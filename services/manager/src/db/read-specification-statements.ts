import type { Queryable } from "@aura/shared/postgres/client";
import { Plan, Suite } from "@aura/shared/schemas/api/specification";
import { z } from "zod";
import { hex, readAll, readOne, utc } from "./read-rows.ts";

const PlanRow = Plan.pick({
  id: true,
  run_id: true,
  revision: true,
  digest: true,
  content_sha256: true,
  verification_id: true,
  created_at: true,
});

/** The plan that a run follows; null before one was accepted. */
export function readPlan(db: Queryable, run_id: string) {
  return readOne(
    db,
    PlanRow,
    `select p.id, p.run_id, p.revision, ${hex("p.digest")} as digest, ${hex("p.content_sha256")} as content_sha256,
            p.verification_id, ${utc("p.created_at")} as created_at
     from orchestra_runs r join plans p on p.id = r.plan_id where r.id = $1`,
    [run_id],
  );
}

const SuiteRow = Suite.omit({ prelude: true, tests: true, versions: true, disputes: true });

/** Every version of a run's suite, oldest first, without its tests. */
export function readSuites(db: Queryable, run_id: string) {
  return readAll(
    db,
    SuiteRow,
    `select s.id, s.run_id, s.version, s.id is not distinct from r.suite_id as current,
            ${hex("s.content_sha256")} as content_sha256, s.verification_id, s.author_agent_id, s.replaces_test_ids,
            ${utc("s.created_at")} as created_at
     from suites s join orchestra_runs r on r.id = s.run_id where s.run_id = $1 order by s.version`,
    [run_id],
  );
}

const DisputeRow = Suite.shape.disputes.element;

export function readDisputes(db: Queryable, run_id: string): Promise<z.infer<typeof DisputeRow>[]> {
  return readAll(
    db,
    DisputeRow,
    `select id, task_id, attempt, test_id, basis, ruling, dispute_task_id, ${utc("created_at")} as created_at,
            ${utc("ruled_at")} as ruled_at
     from test_disputes where run_id = $1 order by created_at, id`,
    [run_id],
  );
}

/** True when the run exists: tells an unknown run from one that has no plan, suite or files yet. */
export async function runExists(db: Queryable, run_id: string): Promise<boolean> {
  return (
    (await readOne(db, z.object({ id: z.uuid() }), "select id from orchestra_runs where id = $1", [run_id])) !== null
  );
}
