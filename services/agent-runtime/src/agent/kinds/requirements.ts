import type { PrdBlock } from "@aura/shared/schemas/prd";
import { Question, Requirement, RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { z } from "zod";
import { outOfTurns, type Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { parseLeniently } from "../lenient-parse.ts";
import { TURNS_MAX } from "../limits.ts";
import { precheckRequirements } from "../prechecks/requirements.ts";
import { systemPrompt, TEMPLATE, userPrompt } from "../prompts/requirements.ts";
import { giveUpTool } from "../tools/ending-tools.ts";
import { readingTools } from "../tools/file-tools.ts";
import { Draft, DraftControls, mergeEntries, Refusals, submitted } from "../tools/product-tools.ts";
import { defineTool, type Tool } from "../tools/tool.ts";
import { Workspace } from "../workspace.ts";

const Submission = z.strictObject({
  requirements: z.array(Requirement).default([]),
  dispositions: RequirementsProduct.shape.dispositions.default([]),
  questions: z.array(Question).default([]),
  ...DraftControls,
});

const EMPTY: RequirementsProduct = { requirements: [], dispositions: [], questions: [] };

/** Turns a PRD into numbered requirements. */
export function writeRequirements(context: TaskContextOf<"requirements">, workshop: Workshop): Promise<Ending> {
  const files = context.attachments.length > 0 ? readingTools(new Workspace([], context.attachments)) : [];
  return workshop.converse({
    kind: "requirements",
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(),
    user: userPrompt(context),
    tools: [...files, giveUpTool, submitTool(context)],
    whenOutOfTurns: () => outOfTurns(TURNS_MAX.requirements),
  });
}

function submitTool(context: TaskContextOf<"requirements">): Tool {
  const previous = RequirementsProduct.safeParse(context.previous);
  const draft = new Draft(EMPTY, previous.success ? previous.data : EMPTY);
  const refusals = new Refusals();
  return defineTool({
    name: "submit_requirements",
    description: "Hands in the requirements, the dispositions of all other blocks, and the open questions.",
    submits: true,
    parameters: Submission,
    run(args) {
      const joined = draft.take(args, (base) => merge(base, args));
      if (args.more_follows === true)
        return { text: `part taken: ${joined.requirements.length} requirements so far; go on` };
      const product = parseLeniently(RequirementsProduct, withHeadings(joined, context.blocks));
      if (!product.ok) return { text: product.problem, failed: true };
      const findings = precheckRequirements(product.value, context.blocks);
      return refusals.answer(findings) ?? submitted(product.value, args.self_confidence);
    },
  });
}

function merge(base: RequirementsProduct, args: z.infer<typeof Submission>): RequirementsProduct {
  const gone = new Set(args.remove_ids ?? []);
  const kept = <T>(entries: readonly T[], key: (entry: T) => string) =>
    entries.filter((entry) => !gone.has(key(entry)));
  return {
    requirements: mergeEntries(
      kept(base.requirements, (each) => each.id),
      args.requirements,
      (each) => each.id,
    ),
    dispositions: mergeEntries(
      kept(base.dispositions, (each) => each.block_id),
      args.dispositions,
      (each) => each.block_id,
    ),
    questions: mergeEntries(
      kept(base.questions, (each) => each.id),
      args.questions,
      (each) => each.id,
    ),
  };
}

/** A heading demands nothing by itself: it stands above every block under it. Those not spoken of are context. */
function withHeadings(product: RequirementsProduct, blocks: readonly PrdBlock[]): RequirementsProduct {
  const spokenOf = new Set([
    ...product.requirements.flatMap((each) => each.block_ids),
    ...product.dispositions.map((each) => each.block_id),
  ]);
  const headings = blocks.filter((block) => block.kind === "heading" && !spokenOf.has(block.block_id));
  const added = headings.map(({ block_id }) => ({ block_id, disposition: "context" as const, reason: "heading" }));
  return { ...product, dispositions: [...product.dispositions, ...added] };
}
