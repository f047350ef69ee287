import { z } from "zod";
import type { TASK_KINDS } from "../enums/task.ts";
import { PlannedDependency } from "./dependencies.ts";
import { FileScope, PlanProduct } from "./plan-product.ts";
import { PrdBlock, TreePath } from "./prd.ts";
import { Question, Requirement } from "./requirements-product.ts";
import { AcceptanceTest, SuiteProduct } from "./suite-product.ts";
import { Survivor } from "./survivors.ts";
import { Finding, TestResult } from "./verification-report.ts";

/** A file of a tree as an agent sees it. Binary files come as base64 and are read-only to agents. */
export const ContextFile = z.strictObject({
  path: TreePath,
  encoding: z.enum(["utf8", "base64"]),
  content: z.string(),
});
export type ContextFile = z.infer<typeof ContextFile>;

/** What failed last time, bounded, without uuid, time or path of a machine, so that a replay finds it again. */
export const LastFailure = z.strictObject({
  findings: z.array(Finding),
  tests: z.array(
    TestResult.pick({
      test_id: true,
      requirement_ids: true,
      outcome: true,
      input: true,
      expected: true,
      observed: true,
      message: true,
    }),
  ),
  passed_test_ids: z.array(z.string()),
  /** Why the agent gave up, or what the Director asked to be changed. */
  note: z.string().nullable(),
});
export type LastFailure = z.infer<typeof LastFailure>;

const Specification = {
  requirements: z.array(Requirement),
  blocks: z.array(PrdBlock),
  /** Questions that nobody had to answer: what the analyst assumed holds for everybody who works on the run. */
  assumptions: z.array(Question),
};

/** The plan's packages with the versions that are installed; left out where there are none. */
const Installed = z.array(PlannedDependency).optional();

/** Everything an agent is given for one attempt: assembled by the Manager, stored, hashed, nothing else is seen. */
export const TaskContext = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("requirements"),
    task_key: z.string(),
    title: z.string(),
    blocks: z.array(PrdBlock),
    attachments: z.array(ContextFile),
    answers: z.array(z.strictObject({ question: z.string(), answer: z.string() })),
    /** The delivered requirements of base_run_id, so that unchanged ones keep their wording. */
    base_requirements: z.array(Requirement),
    previous: z.unknown().nullable(),
    last_failure: LastFailure.nullable(),
  }),
  z.strictObject({
    kind: z.literal("plan"),
    task_key: z.string(),
    title: z.string(),
    ...Specification,
    attachments: z.array(ContextFile),
    toolchain: z.strictObject({ name: z.string(), description: z.string() }),
    base_tree: z.array(ContextFile),
    base_plan: PlanProduct.nullable(),
    previous: PlanProduct.nullable(),
    last_failure: LastFailure.nullable(),
  }),
  z.strictObject({
    kind: z.literal("acceptance_tests"),
    task_key: z.string(),
    title: z.string(),
    ...Specification,
    interfaces: PlanProduct.shape.interfaces,
    attachments: z.array(ContextFile),
    toolchain: z.strictObject({ name: z.string(), description: z.string() }),
    dependencies: Installed,
    /** Requirements to write tests for now; the others' tests are in `previous`. */
    wanted_requirement_ids: z.array(z.string()),
    previous: SuiteProduct.nullable(),
    disputes: z.array(z.strictObject({ test: AcceptanceTest, basis: z.string() })),
    /** Changes of the accepted product that no test noticed; left out where the task is not about them. */
    survivors: z.array(Survivor).optional(),
    last_failure: LastFailure.nullable(),
  }),
  z.strictObject({
    kind: z.literal("implement"),
    task_key: z.string(),
    title: z.string(),
    description: z.string(),
    ...Specification,
    interfaces: PlanProduct.shape.interfaces,
    toolchain: z.strictObject({ name: z.string(), description: z.string() }),
    dependencies: Installed,
    file_scope: z.array(FileScope),
    closes: z.array(z.string()),
    /** Other requirements that the closing tests lean on. */
    related_requirements: z.array(Requirement),
    /** Names only: a developer never sees a test's body. */
    tests: z.array(z.strictObject({ id: z.string(), title: z.string(), requirement_ids: z.array(z.string()) })),
    base_tree_sha256: z.string(),
    /** The landed head that `tree` was made from; differs from the base where an earlier attempt's work is in it. */
    head_tree_sha256: z.string().optional(),
    tree: z.array(ContextFile),
    attachments: z.array(ContextFile),
    last_failure: LastFailure.nullable(),
  }),
  z.strictObject({
    kind: z.literal("review"),
    task_key: z.string(),
    title: z.string(),
    ...Specification,
    tree: z.array(ContextFile),
  }),
]);
export type TaskContext = z.infer<typeof TaskContext>;
export type TaskContextOf<K extends (typeof TASK_KINDS)[number]> = Extract<TaskContext, { kind: K }>;
