import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { Coverage } from "@aura/shared/schemas/api/coverage";
import { Requirement } from "@aura/shared/schemas/requirements-product";
import { type AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import { readCoverageBlocks, readCoverageRequirements } from "../db/read-requirement-statements.ts";
import { readRun } from "../db/read-run-statements.ts";
import { readSuites } from "../db/read-specification-statements.ts";

type RequirementRow = Awaited<ReturnType<typeof readCoverageRequirements>>[number];

/**
 * The chain of a run from every block of the PRD to the evidence: block, disposition, requirement, criteria, tasks,
 * tests, verdict, evidence. Tests are named, never shown.
 *
 * @returns null when there is no such run
 */
export async function buildCoverage(db: Queryable, run_id: string): Promise<Coverage | null> {
  const run = await readRun(db, run_id);
  if (run === null) return null;
  const blocks = await readCoverageBlocks(db, run_id);
  const rows = await readCoverageRequirements(db, run_id);
  const tests = await currentTests(db, run_id);
  const data = await Promise.all(rows.map((row) => withContent(db, row, tests)));
  return Coverage.parse({ run_id, counts: run.requirements, blocks, data, next_cursor: null });
}

async function currentTests(db: Queryable, run_id: string): Promise<readonly AcceptanceTest[]> {
  const current = (await readSuites(db, run_id)).find((suite) => suite.current);
  return current === undefined ? [] : (await readJson(db, current.content_sha256, SuiteProduct)).tests;
}

async function withContent(db: Queryable, row: RequirementRow, tests: readonly AcceptanceTest[]) {
  const { content_sha256, tests: results, ...facts } = row;
  const { id: _key, ...content } = await readJson(db, content_sha256, Requirement);
  const own = tests.filter((test) => test.requirement_ids.includes(row.key));
  return {
    ...content,
    ...facts,
    tests: own.map((test) => {
      const result = results.find(({ test_id }) => test_id === test.id);
      const { outcome = null, assertions = null, guard = null } = result ?? {};
      return { test_id: test.id, title: test.title, outcome, assertions, guard };
    }),
  };
}
