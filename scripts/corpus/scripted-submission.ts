import type { ScriptedProduct } from "../e2e/scripted-model.ts";
import type { CorpusProduct, CorpusTest, Submission } from "./corpus-files.ts";

/** Heading, sentence, heading, then one list item a rule. */
const FIRST_RULE_BLOCK = 4;

/** Tells the runs of one product apart: it is in the PRD and in every task. */
export const orderOf = (number: number) => `Order ${String(number).padStart(5, "0")}.`;

export function prdOf(product: CorpusProduct, order: string): string {
  return product.prd.replace(/^(# .*\n\n.*)$/m, (intro) => `${intro} ${order}`);
}

/** What the agents of a run answer that builds `product` and hands in `submission`. */
export function scriptedSubmission(product: CorpusProduct, submission: Submission, order: string): ScriptedProduct {
  return {
    name: product.name,
    requirements: () => requirementsOf(product),
    plan: () => planOf(product, submission, order),
    suite: (wanted) => suiteOf(product, submission, wanted),
    rulings: () => rulingsOf(submission),
    implementation: () => ({
      files: submission.files,
      disputes: submission.sections
        .filter(({ act }) => act === "dispute")
        .map(({ subject, text }) => ({ test_id: subject, basis: text.trim() })),
    }),
  };
}

const idsOf = ({ rules }: CorpusProduct) => rules.map((_, index) => `R${index + 1}`);

function requirementsOf(product: CorpusProduct) {
  return {
    requirements: product.rules.map((text, index) => ({
      id: `R${index + 1}`,
      block_ids: [`B${index + FIRST_RULE_BLOCK}`],
      kind: "functional",
      priority: "must",
      title: text.slice(0, 120),
      text,
      acceptance_criteria: [text],
      verification_method: "test",
    })),
    dispositions: ["B1", "B2", "B3"].map((block_id) => ({
      block_id,
      disposition: "context",
      reason: "says what the product is",
    })),
    questions: [],
  };
}

function planOf(product: CorpusProduct, submission: Submission, order: string) {
  const { toolchain, summary, interfaces } = product.plan;
  const scope = submission.scope ?? product.plan.scope;
  const requirement_ids = idsOf(product);
  const title = `The whole of ${product.name}`;
  return {
    toolchain,
    summary: `${summary} ${order}`,
    components: [{ name: product.name, purpose: "the whole product", paths: scope, requirement_ids }],
    interfaces,
    dependencies: [],
    tasks: [
      {
        key: "T1",
        title,
        description: `Write the whole product. ${order}`,
        requirement_ids,
        closes: requirement_ids,
        depends_on: [],
        file_scope: scope,
      },
    ],
  };
}

/** Far more than a test takes: what is measured is not the machine. */
const TIMEOUT_S = 60;

function suiteOf(product: CorpusProduct, { sections }: Submission, wanted: readonly string[]) {
  const prelude = sections.find(({ act }) => act === "prelude")?.text ?? product.prelude;
  const tests = changedTests(product.tests, sections).filter(({ requirement_ids }) =>
    wanted.includes(requirement_ids[0] ?? ""),
  );
  return { prelude, tests: tests.map((test) => ({ ...test, timeout_s: TIMEOUT_S })), rulings: [] };
}

function changedTests(tests: readonly CorpusTest[], sections: Submission["sections"]): CorpusTest[] {
  const changed = new Map(tests.map((test) => [test.id, test]));
  for (const { act, subject, text } of sections) {
    const [id = "", ...requirement_ids] = subject.split(" ");
    const old = changed.get(id) ?? { id, requirement_ids, title: "a test beside the others", body: "" };
    if (act === "test") changed.set(id, { ...old, body: text.trim() });
    if (act === "drop-test") changed.delete(id);
    if (act === "drop-other-tests")
      for (const other of [...changed.keys()]) if (!subject.split(" ").includes(other)) changed.delete(other);
  }
  return [...changed.values()];
}

function rulingsOf({ sections }: Submission) {
  const ruled = sections
    .filter(({ act }) => act === "ruling")
    .map((section) => ({ ...section, words: section.subject.split(" ") }));
  return {
    prelude: "",
    tests: ruled
      .filter(({ words }) => words[1] === "replaced")
      .map(({ words, text }) => ({
        id: words[0],
        requirement_ids: words.slice(2),
        title: "a replacement",
        body: text.trim(),
        timeout_s: TIMEOUT_S,
      })),
    rulings: ruled.map(({ words }) => ({ test_id: words[0], ruling: words[1], basis: "the rule says so" })),
  };
}
