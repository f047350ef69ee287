import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import { outOfTurns, type Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { TURNS_MAX } from "../limits.ts";
import { systemPrompt, TEMPLATE, userPrompt } from "../prompts/review.ts";
import { giveUpTool } from "../tools/ending-tools.ts";
import { readingTools } from "../tools/file-tools.ts";
import { submitWholeTool } from "../tools/product-tools.ts";
import { Workspace } from "../workspace.ts";

/** Reads a verified product and names what it doubts. */
export function writeReview(context: TaskContextOf<"review">, workshop: Workshop): Promise<Ending> {
  const workspace = new Workspace(context.tree, []);
  const submit = submitWholeTool({
    name: "submit_review",
    description: "Hands in the summary and the doubts.",
    schema: ReviewProduct,
    precheck: (review) => precheckReview(review, context, workspace),
  });
  return workshop.converse({
    kind: "review",
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(),
    user: userPrompt(context),
    tools: [...readingTools(workspace), giveUpTool, submit],
    whenOutOfTurns: () => outOfTurns(TURNS_MAX.review),
  });
}

function precheckReview(review: ReviewProduct, context: TaskContextOf<"review">, workspace: Workspace): string[] {
  const known = new Set(context.requirements.map((each) => each.id));
  return review.doubts.flatMap(({ path, line, requirement_id }) => {
    const text = workspace.read(path);
    if (text === null) return [`There is no file ${path}.`];
    const lines = text.split("\n").length;
    return [
      ...(line !== null && line > lines ? [`${path} has ${lines} lines, not ${line}.`] : []),
      ...(requirement_id !== null && !known.has(requirement_id) ? [`${requirement_id} is no requirement.`] : []),
    ];
  });
}
