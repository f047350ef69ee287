import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import { SubmittedSuite } from "@aura/shared/schemas/survivors";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { readReportAmendment } from "../db/orchestration-report.ts";
import { SURVIVORS_KEY } from "./survivors.ts";

/** What the test author was asked about, and what came of it; null where nobody was asked. */
export async function reportedSurvivors(db: Queryable, runId: string): Promise<DeliveryReport["survivors_returned"]> {
  const row = await readReportAmendment(db, runId, SURVIVORS_KEY);
  if (row === null) return null;
  const { survivors = [] } = await readJson(db, row.spec_sha256, TaskSpec);
  const product = row.product_sha256 === null ? null : await readJson(db, row.product_sha256, SubmittedSuite);
  const answers = new Map(product?.survivor_answers?.map((answer) => [answer.number, answer]));
  return {
    task_status: row.task_status,
    tests_added: row.suites === null ? [] : await addedTests(db, row.suites),
    survivors: survivors.map((survivor, index) => {
      const { answer = null, basis = null } = answers.get(index + 1) ?? {};
      return { ...survivor, answer, basis };
    }),
  };
}

async function addedTests(db: Queryable, { before, after }: { before: string; after: string }): Promise<string[]> {
  const [old, now] = [await readJson(db, before, SuiteProduct), await readJson(db, after, SuiteProduct)];
  const known = new Set(old.tests.map(({ id }) => id));
  return now.tests.map(({ id }) => id).filter((id) => !known.has(id));
}
