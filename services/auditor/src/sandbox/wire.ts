import type { Tree } from "@aura/shared/models/tree";
import { AuraError, PROBLEMS, type ProblemCode } from "@aura/shared/problems";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { Attachment } from "@aura/shared/schemas/prd";
import { SandboxJobResult } from "@aura/shared/schemas/sandbox-job";
import { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { EnvironmentFacts, EvidenceItem, Finding, TestResult } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import { SURROUNDINGS } from "../harness/surroundings.ts";
import { MUTANT_FATES, type Sandbox } from "./port.ts";
import { MutantPlace, ProductFunctions } from "./program-results.ts";
import { Inspection } from "./source-facts.ts";

/** Bytes of one request or answer: a tree of 64 MiB in base64, and its attachments. */
export const MESSAGE_BYTES_MAX = 200 * 1024 * 1024;

const WireTree = z
  .array(Attachment)
  .transform(
    (files): Tree => new Map(files.map(({ path, content_base64 }) => [path, Buffer.from(content_base64, "base64")])),
  );
const Interfaces = PlanProduct.shape.interfaces;
const Modules = Interfaces.shape.modules;

/** What tests are run on. */
const RunGround = {
  tree: WireTree,
  dependencies: WireTree.optional(),
  toolchain: z.string(),
  interfaces: Interfaces,
  prelude: z.string(),
  tests: z.array(AcceptanceTest),
  attachments: WireTree,
  seed: z.int().nonnegative(),
  clock_offset_s: z.int().nonnegative(),
  surroundings: z.enum(SURROUNDINGS),
};

/** What the service at the other end of the socket takes, by method; the client sends the same shapes. */
export const REQUESTS = {
  environment: z.strictObject({}),
  runCheck: z.strictObject({
    tree: WireTree,
    toolchain: z.string(),
    command: z.string(),
    arguments: z.array(z.string()),
    dependencies: WireTree.optional(),
    attachments: WireTree,
  }),
  buildStub: z.strictObject({ toolchain: z.string(), interfaces: Interfaces }),
  runAcceptance: z.strictObject(RunGround),
  runMutants: z.strictObject({
    ...RunGround,
    mutants: z.array(
      z.strictObject({
        files: z.array(z.strictObject({ path: z.string(), text: z.string() })),
        test_ids: z.array(z.string()),
      }),
    ),
    wall_ms: z.int().nonnegative(),
  }),
  stripBodies: z.strictObject({ tree: WireTree, toolchain: z.string() }),
  instrument: z.strictObject({ tree: WireTree, toolchain: z.string() }),
  inspectSource: z.strictObject({
    tree: WireTree,
    toolchain: z.string(),
    prelude: z.string(),
    tests: z.array(AcceptanceTest),
  }),
  makeMutants: z.strictObject({
    tree: WireTree,
    toolchain: z.string(),
    seed: z.int().nonnegative(),
    count: z.int().nonnegative(),
    functions: z.array(z.string()),
  }),
  checkImports: z.strictObject({
    tree: WireTree,
    dependencies: WireTree.optional(),
    toolchain: z.string(),
    modules: Modules,
  }),
  installDependencies: z.strictObject({
    toolchain: z.string(),
    dependencies: z.array(z.strictObject({ name: z.string(), version: z.string() })),
    session: z.string().regex(/^[0-9a-f]+$/),
  }),
};
export type SandboxMethod = keyof typeof REQUESTS;

/** What comes back: the sandbox runs hostile code, so its answers are checked like any input. */
export const ANSWERS = {
  environment: EnvironmentFacts,
  runCheck: SandboxJobResult,
  buildStub: z.strictObject({ tree: WireTree, findings: z.array(Finding) }),
  runAcceptance: z.strictObject({
    tests: z.array(TestResult),
    evidence: EvidenceItem,
    environment: EnvironmentFacts,
    clock_offset_s: z.int().nonnegative(),
    reached: z.record(z.string(), z.array(z.int().nonnegative())),
  }),
  stripBodies: WireTree,
  instrument: z.strictObject({ tree: WireTree, functions: ProductFunctions }),
  inspectSource: Inspection,
  makeMutants: z.array(MutantPlace.extend({ text: z.string() })),
  runMutants: z.array(z.enum(MUTANT_FATES)),
  checkImports: EvidenceItem,
  installDependencies: z.strictObject({
    reason: z.string(),
    exit_code: z.int().nullable(),
    output: z.string(),
    duration_ms: z.int().nonnegative(),
    layer: WireTree.nullable(),
  }),
};

const Problem = z.strictObject({
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string(),
});

/** JSON text of a value in which trees are maps. */
export function wireText(value: unknown): string {
  return JSON.stringify(value, (_key, part) => (part instanceof Map ? treeFiles(part as Tree) : part));
}

function treeFiles(tree: Tree) {
  return [...tree].map(([path, body]) => ({ path, content_base64: body.toString("base64") }));
}

export function problemText(error: AuraError): string {
  return JSON.stringify({ code: error.code, detail: error.detail });
}

export function readProblem(text: string): AuraError {
  const { code, detail } = Problem.parse(JSON.parse(text));
  return new AuraError(code, detail);
}

/** Calls the method that `method` names with a request that has its shape. */
export function callSandbox(sandbox: Sandbox, method: SandboxMethod, body: unknown): Promise<unknown> {
  switch (method) {
    case "environment":
      return sandbox.environment();
    case "runCheck":
      return sandbox.runCheck(REQUESTS.runCheck.parse(body));
    case "buildStub":
      return sandbox.buildStub(REQUESTS.buildStub.parse(body));
    case "runAcceptance":
      return sandbox.runAcceptance(REQUESTS.runAcceptance.parse(body));
    case "stripBodies":
      return sandbox.stripBodies(REQUESTS.stripBodies.parse(body));
    case "instrument":
      return sandbox.instrument(REQUESTS.instrument.parse(body));
    case "inspectSource":
      return sandbox.inspectSource(REQUESTS.inspectSource.parse(body));
    case "makeMutants":
      return sandbox.makeMutants(REQUESTS.makeMutants.parse(body));
    case "runMutants":
      return sandbox.runMutants(REQUESTS.runMutants.parse(body));
    case "checkImports":
      return sandbox.checkImports(REQUESTS.checkImports.parse(body));
    case "installDependencies":
      return sandbox.installDependencies(REQUESTS.installDependencies.parse(body));
  }
}
