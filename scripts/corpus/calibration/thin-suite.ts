import ts from "typescript";
import { seeded } from "../../bench/makespan/random-graph.ts";
import type { CorpusProduct, CorpusTest } from "../corpus-files.ts";

/** How much of an honest suite is left over; 1: all of it. */
export interface Strength {
  /** Share of the tests that a requirement could do without. */
  readonly tests: number;
  /** Share of the statements behind the first assertion of a test that it keeps at least; below 0: many tests keep none. */
  readonly statements: number;
  /** Share of the comparisons that still ask for the very value, and not just for any. */
  readonly comparisons: number;
}

/**
 * The suite of a lazier author: fewer tests, though each requirement keeps one; tests that stop earlier, though each asserts
 * something; assertions that are content with any answer. The same seed gives the same suite.
 */
export function thinSuite(product: CorpusProduct, strength: Strength, seed: number): CorpusTest[] {
  const random = seeded(seed);
  const asserting = assertingWords(product.prelude);
  const kept = new Set(product.tests);
  for (const test of shuffled(product.tests, random)) {
    const isDropped = random() >= strength.tests;
    if (isDropped && test.requirement_ids.every((id) => testsOf(kept, id) > 1)) kept.delete(test);
  }
  const isLoose = () => random() >= strength.comparisons;
  return [...kept].map((test) => {
    const share = Math.max(0, 1 - (1 - strength.statements) * random());
    return { ...test, body: loosened(shortened(test.body, asserting, share), isLoose) };
  });
}

const testsOf = (tests: ReadonlySet<CorpusTest>, id: string) =>
  [...tests].filter(({ requirement_ids }) => requirement_ids.includes(id)).length;

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const placed = items.map((item) => ({ item, place: random() }));
  return placed.toSorted((a, b) => a.place - b.place).map(({ item }) => item);
}

/** `assert`, and the functions of the prelude that come to it. */
function assertingWords(prelude: string): RegExp {
  const words = new Set(["assert"]);
  const functions = statementsOf(prelude).flatMap((text) => {
    const name = /^\s*(?:\/\*\*.*?\*\/\s*)?(?:async function|function|const)\s+(\w+)/s.exec(text)?.[1];
    return name === undefined ? [] : [{ name, text }];
  });
  for (let before = 0; before < words.size; ) {
    before = words.size;
    for (const { name, text } of functions) if (wordsOf(words).test(text)) words.add(name);
  }
  return wordsOf(words);
}

const wordsOf = (words: ReadonlySet<string>) => new RegExp(`\\b(?:${[...words].join("|")})\\b`);

/** Ends the body somewhere behind its first asserting statement. */
function shortened(body: string, asserting: RegExp, share: number): string {
  const statements = statementsOf(body);
  const first = statements.findIndex((text) => asserting.test(text)) + 1;
  const length = first + Math.round((statements.length - first) * share);
  return statements.slice(0, length).join("").trim();
}

/** Lets comparisons be content with any value. */
function loosened(body: string, isLoose: () => boolean): string {
  const source = parsed(body);
  const edits: { from: number; to: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^assert\.(equal|deepEqual)$/.test(node.expression.getText(source)) && isLoose()) {
      const [value] = node.arguments;
      const text = `assert.notEqual(${value?.getText(source)}, undefined)`;
      edits.unshift({ from: node.getStart(source), to: node.getEnd(), text });
    } else ts.forEachChild(node, visit);
  };
  visit(source);
  return edits.reduce((text, edit) => text.slice(0, edit.from) + edit.text + text.slice(edit.to), body);
}

const parsed = (body: string) => ts.createSourceFile("test.mts", body, ts.ScriptTarget.Latest, true);

/** Top-level statements with what stands before each. */
function statementsOf(body: string): string[] {
  const source = parsed(body);
  return source.statements.map((statement) => statement.getFullText(source));
}
