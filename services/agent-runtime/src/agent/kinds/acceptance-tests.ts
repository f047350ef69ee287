import { AcceptanceTest, Ruling, type SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { z } from "zod";
import { outOfTurns, type Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { REQUIREMENTS_A_BATCH, TURNS_MAX } from "../limits.ts";
import { foldedBody, precheckSuite } from "../prechecks/suite.ts";
import { systemPrompt, TEMPLATE, userPrompt } from "../prompts/acceptance-tests.ts";
import { byKey } from "../prompts/rendering.ts";
import { askDirectorTool, giveUpTool } from "../tools/ending-tools.ts";
import { readingTools } from "../tools/file-tools.ts";
import { Draft, DraftControls, mergeEntries, Refusals, submitted } from "../tools/product-tools.ts";
import { defineTool, type Tool } from "../tools/tool.ts";
import { Workspace } from "../workspace.ts";
import { disputedRequirements, precheckRulings, withUpheld } from "./disputes.ts";
import { answerForSurvivors } from "./survivors.ts";

type Context = TaskContextOf<"acceptance_tests">;

const Submission = z.strictObject({
  prelude: z.string().default(""),
  tests: z.array(AcceptanceTest).default([]),
  rulings: z.array(Ruling).default([]),
  ...DraftControls,
});

const EMPTY: SuiteProduct = { prelude: "", tests: [], rulings: [] };

/** Writes the tests of the wanted requirements, a bounded number of requirements in each conversation. */
export async function writeAcceptanceTests(context: Context, workshop: Workshop): Promise<Ending> {
  const { survivors } = context;
  if (survivors !== undefined) return answerForSurvivors({ ...context, survivors }, workshop);
  const products: SuiteProduct[] = [];
  const confidences: number[] = [];
  const all = batches(context);
  if (all.length === 0) return { outcome: "gave_up", code: "nothing_wanted", detail: "no requirement wants a test" };
  for (const [index, batch] of all.entries()) {
    if (all.length > 1) workshop.note(`writing tests for ${batch.join(", ")} (${index + 1} of ${all.length})`);
    const ending = await workshop.converse(conversation(context, batch));
    if (ending.outcome !== "submitted") return ending;
    products.push(ending.product as SuiteProduct);
    confidences.push(ending.self_confidence);
  }
  const product = withUpheld(joined(context, [...products, untouched(context, all.flat())]), context);
  return { outcome: "submitted", product, self_confidence: Math.min(...confidences) };
}

function conversation(context: Context, batch: readonly string[]) {
  const files = context.attachments.length > 0 ? readingTools(new Workspace([], context.attachments)) : [];
  return {
    kind: "acceptance_tests" as const,
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(context),
    user: userPrompt(context, batch),
    tools: [...files, askDirectorTool, giveUpTool, submitTool(context, batch)],
    whenOutOfTurns: () => outOfTurns(TURNS_MAX.acceptance_tests),
  };
}

/** Which requirements each conversation is about. After a failure only those that it concerns are written again. */
function batches(context: Context): string[][] {
  if (context.disputes.length > 0) return [disputedRequirements(context)];
  const concerned = concernedByFailure(context);
  const wanted = byKey(context.wanted_requirement_ids.map((id) => ({ id }))).map((each) => each.id);
  const chosen = concerned.size === 0 ? wanted : wanted.filter((id) => concerned.has(id));
  const count = Math.ceil(chosen.length / REQUIREMENTS_A_BATCH);
  return Array.from({ length: count }, (_, index) =>
    chosen.slice(index * REQUIREMENTS_A_BATCH, (index + 1) * REQUIREMENTS_A_BATCH),
  );
}

/**
 * Requirements that the findings name, by themselves or through their tests; empty: all of them. The failed tests say
 * nothing here: on the stub, where a suite is judged, tests are meant to fail.
 */
function concernedByFailure(context: Context): Set<string> {
  const { last_failure: failure, previous, wanted_requirement_ids: wanted } = context;
  if (failure === null || previous === null) return new Set();
  const tests = new Map(previous.tests.map((test) => [test.id, test.requirement_ids]));
  const named = failure.findings.map(({ subject }) => (subject === null ? [] : (tests.get(subject) ?? [subject])));
  const concerned = named.map((ids) => ids.filter((id) => wanted.includes(id)));
  return concerned.some((ids) => ids.length === 0) ? new Set() : new Set(concerned.flat());
}

function submitTool(context: Context, batch: readonly string[]): Tool {
  const disputed = context.disputes.length > 0;
  const draft = new Draft(EMPTY, disputed ? EMPTY : ownDraft(context, batch));
  const refusals = new Refusals();
  const ground = { wanted: disputed ? [] : batch, known: context.requirements.map((each) => each.id) };
  const taken = new Set(
    [...(context.previous?.tests ?? []), ...context.disputes.map(({ test }) => test)].map(({ id }) => id),
  );
  return defineTool({
    name: "submit_acceptance_tests",
    description: "Hands in the tests (and, for disputed tests, the rulings).",
    submits: true,
    parameters: Submission,
    run(args) {
      const joined = draft.take(args, (base) => mergeDraft(base, args, taken));
      if (args.more_follows === true) return { text: `part taken: ${joined.tests.length} tests so far; go on` };
      const findings = [...precheckSuite(joined, ground), ...(disputed ? precheckRulings(joined, context) : [])];
      return refusals.answer(findings) ?? submitted(joined, args.self_confidence);
    },
  });
}

/** The last attempt's tests of this batch, which an amendment builds on. */
function ownDraft(context: Context, batch: readonly string[]): SuiteProduct {
  if (context.last_failure === null || context.previous === null) return EMPTY;
  const tests = context.previous.tests.filter((test) => test.requirement_ids.some((id) => batch.includes(id)));
  return { prelude: context.previous.prelude, tests, rulings: [] };
}

function mergeDraft(base: SuiteProduct, args: z.infer<typeof Submission>, taken: ReadonlySet<string>): SuiteProduct {
  const gone = new Set(args.remove_ids ?? []);
  const tests = args.tests.map((test) => ({ ...test, id: taken.has(test.id) ? test.id : speakingId(test) }));
  return {
    prelude: joinPreludes(base.prelude, args.prelude),
    tests: mergeEntries(
      base.tests.filter((test) => !gone.has(test.id)),
      tests,
      (test) => test.id,
    ),
    rulings: mergeEntries(base.rulings, args.rulings, (ruling) => ruling.test_id),
  };
}

/** Parts may bring further declarations; an amendment that repeats the prelude replaces it. */
function joinPreludes(before: string, next: string): string {
  if (next.trim() === "" || before.includes(next)) return before;
  const redeclares = (before.match(/\b(?:const|let|function|class)\s+[\w$]+/g) ?? []).some((name) =>
    next.includes(name),
  );
  return before.trim() === "" || redeclares ? next : `${before}\n${next}`;
}

/** An id that begins with a requirement's keeps tests of different conversations apart. */
function speakingId(test: AcceptanceTest): string {
  const named = /^R\d+(?!\d)/.exec(test.id)?.[0];
  return named !== undefined ? test.id : `${test.requirement_ids[0]}-${test.id}`.slice(0, 80);
}

/** Tests of the last attempt that nothing is wrong with. */
function untouched(context: Context, written: readonly string[]): SuiteProduct {
  if (context.last_failure === null || context.previous === null || context.disputes.length > 0) return EMPTY;
  const wanted = new Set(context.wanted_requirement_ids);
  const again = new Set(written);
  const tests = context.previous.tests.filter(
    ({ requirement_ids: ids }) => ids.some((id) => wanted.has(id)) && !ids.some((id) => again.has(id)),
  );
  return { prelude: context.previous.prelude, tests, rulings: [] };
}

/**
 * One product from several conversations. The suite has one prelude: the earlier suite's, or the only one there is. A
 * test that was written with another one carries it in its body, so that no names collide.
 */
function joined(context: Context, products: readonly SuiteProduct[]): SuiteProduct {
  const parts = products.filter((product) => product.tests.length + product.rulings.length > 0);
  const preludes = new Set(parts.map((product) => product.prelude));
  const inherited = context.previous?.prelude ?? "";
  const prelude = inherited !== "" ? inherited : preludes.size === 1 ? ([...preludes][0] ?? "") : "";
  const tests = parts.flatMap((product) =>
    product.tests.map((test) =>
      product.prelude === prelude ? test : { ...test, body: foldedBody(product.prelude, test.body) },
    ),
  );
  return {
    prelude,
    tests: mergeEntries([], tests, (test) => test.id),
    rulings: parts.flatMap((product) => product.rulings),
  };
}
