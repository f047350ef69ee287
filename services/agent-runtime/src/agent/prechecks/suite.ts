import { Script } from "node:vm";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";

export interface SuiteGround {
  /** Requirements that must have a test. */
  readonly wanted: readonly string[];
  /** Requirements that a test may name. */
  readonly known: readonly string[];
}

/** What would make a test worthless whatever the product does: not JavaScript, no call, no assertion, nobody's test. */
export function precheckSuite(
  suite: { readonly prelude: string; readonly tests: readonly AcceptanceTest[] },
  ground: SuiteGround,
): string[] {
  const known = new Set(ground.known);
  const tested = new Set(suite.tests.flatMap((test) => test.requirement_ids));
  const prelude = syntaxProblem(suite.prelude);
  if (prelude !== null) return [`The prelude is not valid JavaScript: ${prelude}`];
  return [
    ...ground.wanted.filter((id) => !tested.has(id)).map((id) => `No test names ${id}.`),
    ...suite.tests.flatMap((test) => [
      ...test.requirement_ids
        .filter((id) => !known.has(id))
        .map((id) => `${test.id} names ${id}, which is not among the requirements of this task.`),
      ...bodyProblems(suite.prelude, test),
    ]),
  ];
}

function bodyProblems(prelude: string, test: AcceptanceTest): string[] {
  const syntax = syntaxProblem(foldedBody(prelude, test.body));
  if (syntax !== null) return [`The body of ${test.id} is not valid JavaScript: ${syntax}`];
  const text = `${prelude}\n${test.body}`;
  if (!/\bproduct\s*\./.test(text)) return [`${test.id} never calls the product.`];
  if (!/\bassert\b/.test(text)) return [`${test.id} asserts nothing.`];
  return [];
}

/** A body that carries its prelude, in a block of its own so that it may reuse the prelude's names. */
export function foldedBody(prelude: string, body: string): string {
  return prelude.trim() === "" ? body : `${prelude}\n{\n${body}\n}`;
}

/** Compiles without running: nothing that a model wrote is executed in this process. */
function syntaxProblem(body: string): string | null {
  try {
    new Script(`(async (product, assert) => {\n${body}\n})`);
    return null;
  } catch (error) {
    return error instanceof SyntaxError ? error.message : String(error);
  }
}
