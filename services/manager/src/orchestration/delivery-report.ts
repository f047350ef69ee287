import { parseVerifier } from "@aura/shared/ledger/notes";
import { readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { CoverageTest } from "@aura/shared/schemas/api/coverage";
import { DeliveryReport } from "@aura/shared/schemas/api/report";
import { AttachmentRef } from "@aura/shared/schemas/prd";
import { Requirement, RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { type AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import { EnvironmentFacts, VerificationReport } from "@aura/shared/schemas/verification-report";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import { z } from "zod";
import { readConfidenceFacts } from "../db/orchestration-confidence.ts";
import {
  type ReportFacts,
  readReportAnswers,
  readReportAttempts,
  readReportDecisions,
  readReportDisputes,
  readReportFacts,
  readReportProducts,
} from "../db/orchestration-report.ts";
import { readAttestation } from "../db/read-attestation-statements.ts";
import { readCoverageRequirements } from "../db/read-requirement-statements.ts";
import { type RunRow, readRun } from "../db/read-run-statements.ts";
import { readRunCheckpoint } from "../db/read-seal-statements.ts";
import { confidenceScore, mistakesNoticed, readConfidenceInputs } from "./confidence.ts";
import { notChecked } from "./report-gaps.ts";
import { reportedSurvivors } from "./reported-survivors.ts";

export { renderReportMarkdown } from "./report-markdown.ts";

type Requirements = DeliveryReport["requirements"];
type ReportedTest = Requirements[number]["tests"][number];
type CoverageRow = Awaited<ReturnType<typeof readCoverageRequirements>>[number];

/**
 * The report of a run as it is now: what is known about each requirement and how, what persons decided instead, what
 * it cost, and what nobody looked at. It can be asked for at any time.
 *
 * @returns null when there is no such run
 */
export async function buildDeliveryReport(db: Queryable, runId: string): Promise<DeliveryReport | null> {
  const [run, facts] = [await readRun(db, runId), await readReportFacts(db, runId)];
  if (run === null || facts === null) return null;
  const suite = facts.suite === null ? null : await readJson(db, facts.suite.sha256, SuiteProduct);
  const answers = await readReportAnswers(db, runId);
  const { reviews, ...said } = await saidBy(db, runId, answers);
  const report = {
    ...headOf(run, facts),
    attestation: await reportedAttestation(db, runId),
    checkpoint: await readRunCheckpoint(db, runId),
    prd: {
      title: facts.prd_title,
      sha256: facts.prd_sha256,
      attachments: await readJson(db, facts.attachments_sha256, z.array(AttachmentRef)),
    },
    suite: facts.suite === null ? null : { ...facts.suite, tests: suite?.tests.length ?? 0 },
    revision: facts.revision === null ? null : { ...facts.revision, files: await countFiles(db, facts.revision) },
    dependencies: facts.plan_id === null ? null : await readResolution(db, facts.plan_id),
    verification: await reportedVerification(db, facts.verification),
    confidence: await reportedConfidence(db, runId),
    requirements: await reportedRequirements(db, runId, suite),
    ...(await decisionsOf(db, runId)),
    disputes: await readReportDisputes(db, runId),
    survivors_returned: await reportedSurvivors(db, runId),
    ...said,
    answers,
    attempts: await readReportAttempts(db, runId),
  };
  return DeliveryReport.parse({ ...report, not_checked: notChecked(report, reviews) });
}

function headOf(run: RunRow, facts: ReportFacts) {
  return {
    run_id: run.id,
    project: run.project,
    title: run.title,
    status: run.status,
    stop_reason: run.stop_reason,
    generated_at: facts.generated_at,
    started_at: run.started_at,
    finished_at: run.finished_at,
    oversight: run.oversight,
    strict_policy: run.strict_policy,
    provider: run.provider,
    model: run.model,
    toolchain: run.toolchain,
    replay: run.provider === "replay",
    base_run_id: run.base_run_id,
    plan: facts.plan,
    counts: run.requirements,
    spend: run.spend,
    model_calls: facts.model_calls,
    ddl_guard: facts.ddl_guard,
  };
}

async function reportedAttestation(db: Queryable, runId: string): Promise<DeliveryReport["attestation"]> {
  const row = await readAttestation(db, runId);
  if (row === null) return null;
  const { provenance_sha256, test_result_sha256, sbom_sha256, created_at } = row;
  const links = { attestation: `/v1/runs/${runId}/attestation`, sbom: `/v1/runs/${runId}/sbom` };
  const { keyId: key_id, name: key_name } = parseVerifier(row.verifier_key);
  return { provenance_sha256, test_result_sha256, sbom_sha256, key_id, key_name, created_at, links };
}

async function reportedVerification(db: Queryable, verification: ReportFacts["verification"]) {
  if (verification === null) return null;
  const { environment_sha256, report_sha256 } = verification;
  const environment = environment_sha256 === null ? null : await readJson(db, environment_sha256, EnvironmentFacts);
  const found = await readJson(db, report_sha256, VerificationReport);
  const { second_run = null, coverage = null, mutation = null } = found;
  return { ...verification, environment, second_run, coverage, mutation };
}

async function reportedConfidence(db: Queryable, runId: string): Promise<DeliveryReport["confidence"]> {
  const [facts] = await readConfidenceFacts(db, runId);
  if (facts === undefined) return null;
  const inputs = await readConfidenceInputs(db, facts);
  return { ...inputs, score: confidenceScore(inputs), mistakes_noticed: mistakesNoticed(inputs) };
}

async function reportedRequirements(db: Queryable, runId: string, suite: SuiteProduct | null): Promise<Requirements> {
  const tests = suite?.tests ?? [];
  const reported: Requirements = [];
  for (const row of await readCoverageRequirements(db, runId)) {
    const { title, priority, verification_method } = await readJson(db, row.content_sha256, Requirement);
    const { id, key, state, verdict, evidence } = row;
    reported.push({
      ...{ id, key, title, priority, verification_method, state, verdict, evidence },
      tests_passed: evidence?.tests_passed ?? 0,
      tests_total: evidence?.tests_total ?? 0,
      detail: evidence?.detail ?? "",
      tasks: row.tasks.map((task) => task.key),
      tests: tests.filter((test) => test.requirement_ids.includes(key)).map((test) => reportedTest(test, row.tests)),
    });
  }
  return reported;
}

function reportedTest({ id, title }: AcceptanceTest, results: CoverageRow["tests"]): ReportedTest {
  const result = results.find((candidate) => candidate.test_id === id);
  const { outcome, assertions, guard } = CoverageTest.partial().parse(result ?? {});
  return { test_id: id, title, outcome: outcome ?? null, assertions: assertions ?? null, guard: guard ?? null };
}

async function countFiles(db: Queryable, { tree_sha256 }: { tree_sha256: string }): Promise<number> {
  return (await readTree(db, tree_sha256)).size;
}

async function decisionsOf(db: Queryable, runId: string) {
  const rows = await readReportDecisions(db, runId);
  const of = (kind: (typeof rows)[number]["kind"]) =>
    rows.filter((row) => row.kind === kind).map(({ kind: _, ...decision }) => decision);
  return { overrides: of("overrides"), inspections: of("inspections"), set_aside: of("set_aside") };
}

/** What analyst and reviewers said: assumptions where nobody answered, doubts, and how many reviews there were. */
async function saidBy(db: Queryable, runId: string, answers: DeliveryReport["answers"]) {
  const answered = new Set(answers.map(({ question }) => question));
  const assumptions: DeliveryReport["assumptions"] = [];
  const doubts: DeliveryReport["doubts"] = [];
  let reviews = 0;
  for (const { kind, product_sha256 } of await readReportProducts(db, runId)) {
    if (kind === "review") {
      reviews += 1;
      doubts.push(...(await readJson(db, product_sha256, ReviewProduct)).doubts);
    } else {
      const { questions } = await readJson(db, product_sha256, RequirementsProduct);
      const open = questions.filter(({ question }) => !answered.has(question));
      assumptions.push(...open.map(({ question, assumption }) => ({ question, assumption })));
    }
  }
  return { assumptions, doubts, reviews };
}
