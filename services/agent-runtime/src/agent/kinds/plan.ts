import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { outOfTurns, type Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { TURNS_MAX } from "../limits.ts";
import { precheckPlan } from "../prechecks/plan.ts";
import { systemPrompt, TEMPLATE, userPrompt } from "../prompts/plan.ts";
import { askDirectorTool, giveUpTool } from "../tools/ending-tools.ts";
import { readingTools } from "../tools/file-tools.ts";
import { submitWholeTool } from "../tools/product-tools.ts";
import { Workspace } from "../workspace.ts";

/** Turns requirements into interfaces and tasks. */
export function writePlan(context: TaskContextOf<"plan">, workshop: Workshop): Promise<Ending> {
  const hasFiles = context.attachments.length + context.base_tree.length > 0;
  const files = hasFiles ? readingTools(new Workspace(context.base_tree, context.attachments)) : [];
  const submit = submitWholeTool({
    name: "submit_plan",
    description: "Hands in the plan: toolchain, summary, components, interfaces, dependencies and tasks.",
    schema: PlanProduct,
    precheck: (plan) => precheckPlan(plan, context),
  });
  return workshop.converse({
    kind: "plan",
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(context),
    user: userPrompt(context),
    tools: [...files, askDirectorTool, giveUpTool, submit],
    whenOutOfTurns: () => outOfTurns(TURNS_MAX.plan),
  });
}
