import { inScope } from "@aura/shared/models/tree";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import type { DeltaProduct } from "@aura/shared/schemas/work-products";
import { z } from "zod";
import type { Workshop } from "../conversation.ts";
import type { Ending } from "../ending.ts";
import { TURNS_MAX } from "../limits.ts";
import { systemPrompt, TEMPLATE, userPrompt } from "../prompts/implement.ts";
import { checkTool } from "../tools/check-tool.ts";
import { askDirectorTool, giveUpTool } from "../tools/ending-tools.ts";
import { readingTools, writingTools } from "../tools/file-tools.ts";
import { SelfConfidence, submitted } from "../tools/product-tools.ts";
import { defineTool, type Tool } from "../tools/tool.ts";
import { Workspace } from "../workspace.ts";

type Dispute = DeltaProduct["disputes"][number];

/** Told apart from an agent's own words about itself: it did not submit. */
const OUT_OF_TURNS_CONFIDENCE = 0.1;

/** Writes code inside a file scope. */
export function implement(context: TaskContextOf<"implement">, workshop: Workshop): Promise<Ending> {
  const workspace = new Workspace(context.tree, context.attachments);
  const disputes = new Map<string, Dispute>();
  const toolchain = workshop.findToolchain(context.toolchain.name);
  const refused = (reason: string) => workshop.note(`policy refused a change: ${reason}`, "warning");
  const product = (summary: string): DeltaProduct => ({
    base_tree_sha256: context.base_tree_sha256,
    changes: changesOf(workspace, context.file_scope, disputes.size > 0),
    summary,
    disputes: [...disputes.values()],
  });
  const tools = [
    ...readingTools(workspace),
    ...writingTools(workspace, context.file_scope, refused),
    ...(toolchain === undefined ? [] : [checkTool(workspace, toolchain, workshop.runCheck)]),
    disputeTool(context, disputes),
    askDirectorTool,
    giveUpTool,
    submitTool(workspace, workshop, product),
  ];
  return workshop.converse({
    kind: "implement",
    task_key: context.task_key,
    template: TEMPLATE,
    system: systemPrompt(context),
    user: userPrompt(context),
    tools,
    whenOutOfTurns: () => whatThereIs(workspace, product),
  });
}

/**
 * What differs from the tree that was given. A developer who only disputes a test changes nothing; then one file stands
 * there as it is, because a product names at least one.
 */
function changesOf(workspace: Workspace, scope: readonly string[], disputes: boolean): DeltaProduct["changes"] {
  const changes = workspace.changes();
  if (changes.length > 0 || !disputes) return changes;
  const path = workspace.paths().find((each) => inScope(each, scope));
  return path === undefined ? [] : [{ path, content: workspace.read(path) }];
}

function disputeTool(context: TaskContextOf<"implement">, disputes: Map<string, Dispute>): Tool {
  const known = new Set(context.tests.map((test) => test.id));
  return defineTool({
    name: "dispute_test",
    description:
      "Says that an acceptance test contradicts the PRD. basis quotes the words of the PRD block or requirement and what the test expects instead. Judged by a test engineer who never sees the code.",
    parameters: z.strictObject({ test_id: z.string(), basis: z.string().min(10) }),
    run({ test_id, basis }) {
      if (!known.has(test_id)) return { text: `there is no test ${test_id}`, failed: true };
      disputes.set(test_id, { test_id, basis });
      return { text: "noted; it is judged after you submit" };
    },
  });
}

/** Hands the files in, once they compile: a syntax error found here costs a second instead of an attempt. */
function submitTool(workspace: Workspace, workshop: Workshop, product: (summary: string) => DeltaProduct): Tool {
  let refusedVersion = -1;
  return defineTool({
    name: "submit",
    description: "Hands in the files as they are now. summary: what was built or mended, in a few sentences.",
    submits: true,
    parameters: z.strictObject({ summary: z.string(), self_confidence: SelfConfidence }),
    async run({ summary, self_confidence }, signal) {
      const handedIn = product(summary);
      if (handedIn.changes.length === 0)
        return { text: "not accepted: no file has changed. Write the files first.", failed: true };
      if (refusedVersion !== workspace.version) {
        const check = await workshop.runCheck({ tree: workspace.tree, command: "compile", arguments: [] }, signal);
        if (check.failed) {
          refusedVersion = workspace.version;
          return { text: `not accepted: the files do not compile.\n${check.text}`, failed: true };
        }
      }
      return submitted(handedIn, self_confidence);
    },
  });
}

/** Replies used up: what was written goes to the Auditor, who judges files and not endings; nothing is a give-up. */
function whatThereIs(workspace: Workspace, product: (summary: string) => DeltaProduct): Ending {
  if (workspace.changes().length === 0)
    return { outcome: "gave_up", code: "out_of_turns", detail: `no file after ${TURNS_MAX.implement} replies` };
  const summary = "Handed in without a submit: the attempt had no usable replies left.";
  return { outcome: "submitted", product: product(summary), self_confidence: OUT_OF_TURNS_CONFIDENCE };
}
