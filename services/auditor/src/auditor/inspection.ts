import { inScope, type Tree } from "@aura/shared/models/tree";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../db/request-statements.ts";
import {
  readBlocks,
  readDependencyPolicies,
  readOpenTaskKeys,
  readPlan,
  readRequirementTexts,
} from "../db/specification-statements.ts";
import { rulesOf } from "../dependencies/rules.ts";
import { inspectionFindings } from "../validators/inspection/findings.ts";
import { KnownText, textsOf } from "../validators/inspection/known-text.ts";
import type { JudgeContext } from "./judge-context.ts";
import type { SuiteGround } from "./suite-run.ts";

const ATTACHMENT_BYTES_MAX = 1024 * 1024;

/**
 * Looks through every file of a submitted tree before any of it is run.
 *
 * @returns what it is refused for, and warnings, for all paths alike
 */
export async function inspectTree(
  { db, sandbox }: JudgeContext,
  request: VerificationCase,
  ground: SuiteGround,
): Promise<Finding[]> {
  invariant(request.plan_id !== null, "code is judged by an adopted plan");
  const { tree, toolchain, suite, dependencies, interfaces } = ground;
  const { tasks } = await readPlan(db, request.plan_id);
  const open = new Set(await readOpenTaskKeys(db, request.run_id));
  const later = tasks.filter(({ key }) => key !== request.task_key && open.has(key));
  const inspection = await sandbox.inspectSource({ tree, toolchain, prelude: suite.prelude, tests: suite.tests });
  return inspectionFindings({
    toolchain,
    tree,
    dependencies,
    interfaces,
    tests: suite.tests,
    known: await readKnownText(db, request, ground),
    licences: rulesOf(await readDependencyPolicies(db))?.licences ?? [],
    isUnfinished: (path) => later.some(({ file_scope }) => inScope(path, file_scope)),
    inspection,
  });
}

/** The same findings, where those about files that the task may not change reject nothing: others answer for them. */
export function withinScope(findings: readonly Finding[], scope: readonly string[]): Finding[] {
  const isOwn = ({ subject }: Finding) => subject === null || inScope(subject, scope);
  return findings.map((found) => (isOwn(found) ? found : { ...found, severity: "warning" as const }));
}

/** Everything that whoever builds the product is told. */
async function readKnownText(db: Queryable, request: VerificationCase, ground: SuiteGround): Promise<KnownText> {
  invariant(request.plan_id !== null, "code is judged by an adopted plan");
  const blocks = await readBlocks(db, request.prd_id);
  return new KnownText([
    ...blocks.flatMap(({ headings, body }) => [...headings, body]),
    ...(await readRequirementTexts(db, request.run_id)).flatMap(textsOf),
    ...textsOf(await readPlan(db, request.plan_id)),
    ...ground.suite.tests.map(({ title }) => title),
    ...attachmentTexts(ground.attachments),
  ]);
}

function attachmentTexts(attachments: Tree): string[] {
  return [...attachments].flatMap(([path, body]) => [path, body.subarray(0, ATTACHMENT_BYTES_MAX).toString("utf8")]);
}
