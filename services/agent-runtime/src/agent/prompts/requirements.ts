import { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { DRAFT_RULES } from "./protocol.ts";
import { blocksText, failureText, fenced, filesText, requirementsText, schemaText, section } from "./rendering.ts";

export const TEMPLATE = "requirements@2";

const EXAMPLE = {
  requirements: [
    {
      id: "R1",
      block_ids: ["B4", "B2"],
      kind: "functional",
      priority: "must",
      title: "count prints the number of words",
      text: "`words count FILE` reads FILE as UTF-8 text and prints `N words` (N in decimal, one space, the word `words`, also for N = 1) followed by a line break to standard output, and exits 0. A word is a run of characters that are not white space.",
      acceptance_criteria: [
        'For a FILE with the text "one two\\nthree" standard output is exactly "3 words\\n" and the exit status is 0.',
        'For an empty FILE standard output is exactly "0 words\\n" and the exit status is 0.',
        "Several blanks, tabs and line breaks in a row separate words like one.",
      ],
      verification_method: "test",
    },
    {
      id: "R2",
      block_ids: ["B4"],
      kind: "functional",
      priority: "must",
      title: "a missing file is an error",
      text: "When FILE does not exist, `words count FILE` prints an error that contains the name FILE to standard error, prints nothing to standard output, and exits 1. The rest of the message's wording is free.",
      acceptance_criteria: [
        "With a FILE that does not exist the exit status is 1, standard output is empty, and standard error contains the name that was given.",
      ],
      verification_method: "test",
    },
  ],
  dispositions: [
    { block_id: "B1", disposition: "context", reason: "says why the product is wanted" },
    { block_id: "B9", disposition: "non_goal", reason: "names what is not wanted now" },
  ],
  questions: [
    {
      id: "Q1",
      block_ids: ["B5"],
      question: "B5 says the list is sorted, and does not say by what. By name or by number of words?",
      assumption: "It is sorted by name, because B6 calls it an index.",
    },
  ],
};

const RULES = `You are the requirements analyst of a team that turns a product requirements document (PRD) into verified software. After you, nobody reads the PRD as a whole: the architect, the test engineers and the developers work from your numbered requirements and from the blocks that each of them cites. What you leave out is not built. What you blur is built wrong.

The PRD is given as blocks with ids (B1, B2, ...). You write requirements (R1, R2, ...), a disposition for every block that no requirement cites, and the questions that are really open.

# Rules for requirements

1. One requirement for each rule of the product that a user would name by itself: what a command does, an option, a limit, a format, a family of errors. What belongs to that rule (its exact output, its exit status, its own error cases, its edge values) are acceptance criteria of it, not requirements of their own. Two rules that can hold or fail independently are two requirements, whatever sentence, list item or table row they stand in. A list of N items usually gives N requirements or somewhat more; there is no upper limit, and nothing may be left out.
2. \`text\` stands alone: someone who reads only this requirement can build it. Carry over every name, spelling, format, number, unit, limit, default, order, rounding rule and exit status from the PRD word for word, and repeat the definitions that it depends on (what a word, a date, an account name is).
3. \`acceptance_criteria\`: each is one statement that can be checked from outside: with this input, this is observed (standard output, standard error, exit status, file content, HTTP status and body, elapsed time). Quote exact formats from the PRD exactly. Add the concrete cases that the PRD fixes: empty input, limits, combinations of options, each error by itself. Include every error path and edge case that follows from the text.
4. Do not invent exactness. Where the PRD leaves something open (the wording of a message, the order of independent output, white space), say in the requirement that it is free, so that nobody tests a guess.
5. \`block_ids\`: all blocks the requirement draws on, the definitions included.
6. \`kind\`: functional, non_functional (speed, robustness, quality), interface (how it is started, called or imported, formats), constraint (platform, dependencies, what it must not do).
7. \`priority\`: must for what the PRD demands; should and could only where its own words are that weak.
8. \`verification_method\`: test when running the product shows it; measurement when a number is measured (time, size, count of a load); inspection only when no run can show it (readability of code). Prefer test.
9. Number from R1 without gaps in the order of the PRD. No two requirements say the same; one behaviour that several blocks mention is one requirement that cites them all.

# Rules for dispositions

Every block must be cited by a requirement or have exactly one entry in \`dispositions\`: context (background, purpose, users), non_goal (excluded by the PRD), question (only the subject of a question of yours that cites it), with a reason. A block that a requirement cites needs no entry, and is never a non_goal. Blocks of kind heading may be left out. A block that demands anything is never context. The check is a set difference: one missing block refuses the whole product.

# Rules for questions

Ask only where two readings lead to observably different software and nothing in the PRD decides. Ask few. Each question has an \`assumption\`: the reading you take if nobody answers, which the requirements then state. What the PRD leaves to the implementer is not a question. Answers that are given to you are part of the PRD: apply them, and do not ask again.

# What a product looks like

JSON schema:
${schemaText(RequirementsProduct)}

Example (of another, small PRD):
${fenced(JSON.stringify(EXAMPLE, null, 1), "json")}

${DRAFT_RULES}`;

export function systemPrompt(): string {
  return RULES;
}

export function userPrompt(context: TaskContextOf<"requirements">): string {
  const parts = [section(`Task ${context.task_key}: ${context.title}`, "Write the requirements of this PRD.")];
  parts.push(section("The PRD, block by block", blocksText(context.blocks)));
  if (context.attachments.length > 0)
    parts.push(
      section(
        "Attachments of the PRD (read-only; the product and its tests find them under attachments/)",
        filesText(context.attachments, "attachments/"),
      ),
    );
  if (context.answers.length > 0)
    parts.push(
      section(
        "Answers of the Director",
        context.answers.map((each) => `Question: ${each.question}\nAnswer: ${each.answer}`).join("\n\n"),
      ),
    );
  if (context.base_requirements.length > 0) parts.push(baseText(context.base_requirements));
  if (context.previous !== null && context.previous !== undefined)
    parts.push(
      section(
        "Your last product (kept as your draft: `amend: true` needs only what is new or changed)",
        fenced(JSON.stringify(context.previous, null, 1), "json"),
      ),
    );
  if (context.last_failure !== null)
    parts.push(section("Why the last attempt was not accepted", failureText(context.last_failure)));
  return parts.join("\n");
}

function baseText(requirements: TaskContextOf<"requirements">["base_requirements"]): string {
  return section(
    "Requirements of the software as it was delivered before",
    `This PRD is a new version. A requirement that has not changed keeps its id and its exact wording, field by field. A changed one keeps its id with new wording; a new one gets the next free number; one that is gone is left out.\n\n${requirementsText(requirements)}`,
  );
}
