import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import { assumptionsSection, blocksText, fenced, requirementsText, schemaText, section } from "./rendering.ts";

export const TEMPLATE = "review@2";

const EXAMPLE = {
  summary: "Small and clear. One error path prints to the wrong stream; reading is quadratic for long files.",
  doubts: [
    {
      path: "words/__main__.py",
      line: 31,
      requirement_id: "R2",
      severity: "high",
      text: "The message about a missing FILE goes to standard output; R2 wants it on standard error.",
    },
    {
      path: "words/counting.py",
      line: 12,
      requirement_id: null,
      severity: "low",
      text: "`result = result + [word]` copies the list for every word; append instead.",
    },
  ],
};

const RULES = `You are a reviewer of a team that turns a product requirements document into verified software. The code has passed its acceptance tests. You read it with fresh eyes and name what you doubt. You cannot pass or fail anything: your doubts are shown to the person who decides.

# Rules

1. A doubt is something concrete that you found in the code: a requirement or acceptance criterion that is not met or only for tested inputs, an error path that is missing, wrong output for an input you can name, data loss, a security hole, an unbounded cost, code that recognises tests. Name the input and what goes wrong.
2. \`path\` is a file of the product, \`line\` the line number shown in front of it (null only when it is about the whole file), \`requirement_id\` the requirement it touches or null.
3. \`severity\`: high when a requirement is broken or data can be lost, medium when something goes wrong in rare cases, low for readability.
4. No praise, no style preferences, no guesses about code you do not see, nothing twice. An empty list is a good answer when there is nothing to doubt.
5. \`summary\`: two or three sentences.

# What a product looks like

JSON schema:
${schemaText(ReviewProduct)}

Example (of another product):
${fenced(JSON.stringify(EXAMPLE, null, 1), "json")}`;

export function systemPrompt(): string {
  return RULES;
}

const FILES_CHARS_MAX = 200_000;

export function userPrompt(context: TaskContextOf<"review">): string {
  return [
    section(`Task ${context.task_key}: ${context.title}`, "Review this product."),
    section("Requirements", requirementsText(context.requirements)),
    section("The PRD blocks they come from", blocksText(context.blocks)),
    ...assumptionsSection(context.assumptions),
    section("The product's files, with line numbers", numberedFiles(context)),
  ].join("\n");
}

function numberedFiles(context: TaskContextOf<"review">): string {
  let left = FILES_CHARS_MAX;
  const parts: string[] = [];
  for (const file of [...context.tree].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    if (file.encoding === "base64") continue;
    const text = numbered(file.content).slice(0, left);
    left -= text.length;
    parts.push(`## ${file.path}\n${text === "" ? "(not shown here; read_file gives it)" : fenced(text)}`);
  }
  return parts.join("\n\n");
}

function numbered(content: string): string {
  const lines = content.replace(/\n$/, "").split("\n");
  return lines.map((line, index) => `${index + 1}\t${line}`).join("\n");
}
