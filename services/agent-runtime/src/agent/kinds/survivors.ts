import { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { type SubmittedSuite, SurvivorAnswer } from "@aura/shared/schemas/survivors";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { z } from "zod";
import { outOfTurns, type Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { TURNS_MAX } from "../limits.ts";
import { foldedBody, precheckSuite } from "../prechecks/suite.ts";
import { systemPrompt } from "../prompts/acceptance-tests.ts";
import { survivorsPrompt, TEMPLATE } from "../prompts/survivors.ts";
import { giveUpTool } from "../tools/ending-tools.ts";
import { readingTools } from "../tools/file-tools.ts";
import { Draft, DraftControls, mergeEntries, Refusals, submitted } from "../tools/product-tools.ts";
import { defineTool, type Tool } from "../tools/tool.ts";
import { Workspace } from "../workspace.ts";

export type SurvivorContext = TaskContextOf<"acceptance_tests"> & {
  readonly survivors: NonNullable<TaskContextOf<"acceptance_tests">["survivors"]>;
};

const Submission = z.strictObject({
  prelude: z.string().default(""),
  tests: z.array(AcceptanceTest).default([]),
  answers: z.array(SurvivorAnswer).default([]),
  ...DraftControls,
});

interface Amendment {
  readonly prelude: string;
  readonly tests: readonly AcceptanceTest[];
  readonly answers: readonly SurvivorAnswer[];
}

const EMPTY: Amendment = { prelude: "", tests: [], answers: [] };

/** Answers for changes of the accepted product that no test noticed: by further tests, or in words. */
export async function answerForSurvivors(context: SurvivorContext, workshop: Workshop): Promise<Ending> {
  const files = context.attachments.length > 0 ? readingTools(new Workspace([], context.attachments)) : [];
  const ending = await workshop.converse({
    kind: "acceptance_tests",
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(context),
    user: survivorsPrompt(context),
    tools: [...files, giveUpTool, submitTool(context)],
    whenOutOfTurns: () => outOfTurns(TURNS_MAX.acceptance_tests),
  });
  if (ending.outcome !== "submitted") return ending;
  return { ...ending, product: suiteOf(ending.product as Amendment, context) };
}

function submitTool(context: SurvivorContext): Tool {
  const draft = new Draft(EMPTY);
  const refusals = new Refusals();
  return defineTool({
    name: "submit_acceptance_tests",
    description: "Hands in further tests, and an answer for each change.",
    submits: true,
    parameters: Submission,
    run(args) {
      const whole = draft.take(args, (base) => merged(base, args));
      if (args.more_follows === true) return { text: `part taken: ${whole.tests.length} tests so far; go on` };
      return refusals.answer(precheckAmendment(whole, context)) ?? submitted(whole, args.self_confidence);
    },
  });
}

function merged(base: Amendment, args: z.infer<typeof Submission>): Amendment {
  const gone = new Set(args.remove_ids ?? []);
  const kept = base.tests.filter(({ id }) => !gone.has(id));
  return {
    prelude: args.prelude.trim() === "" ? base.prelude : args.prelude,
    tests: mergeEntries(kept, args.tests, ({ id }) => id),
    answers: mergeEntries(base.answers, args.answers, ({ number }) => `${number}`),
  };
}

/** Further tests under ids of their own, and one answer for each change. */
function precheckAmendment({ prelude, tests, answers }: Amendment, context: SurvivorContext): string[] {
  const taken = new Set(context.previous?.tests.map(({ id }) => id));
  const numbers = context.survivors.map((_, index) => index + 1);
  const answered = new Set(answers.map(({ number }) => number));
  const isPromised = tests.length === 0 && answers.some(({ answer }) => answer === "tested");
  return [
    ...precheckSuite({ prelude, tests }, { wanted: [], known: context.requirements.map(({ id }) => id) }),
    ...tests
      .filter(({ id }) => taken.has(id))
      .map(({ id }) => `${id} is a test that stays as it is: call yours otherwise.`),
    ...numbers.filter((number) => !answered.has(number)).map((number) => `Change ${number} has no answer.`),
    ...[...answered].filter((number) => !numbers.includes(number)).map((number) => `There is no change ${number}.`),
    ...(isPromised ? ["An answer says tested, but there is no further test."] : []),
  ];
}

/**
 * The product as it is handed in. A test with a prelude of its own carries it in its body; where there is no further test, one
 * that there is already comes back word for word, for a product has at least one.
 */
function suiteOf({ prelude, tests, answers }: Amendment, { previous }: SurvivorContext): SubmittedSuite {
  const inherited = previous?.prelude ?? "";
  const folds = inherited !== "" && prelude.trim() !== "" && prelude !== inherited;
  const further = folds ? tests.map((test) => ({ ...test, body: foldedBody(prelude, test.body) })) : [...tests];
  return {
    prelude: inherited === "" ? prelude : inherited,
    tests: further.length > 0 ? further : (previous?.tests.slice(0, 1) ?? []),
    rulings: [],
    survivor_answers: answers.toSorted((a, b) => a.number - b.number),
  };
}
