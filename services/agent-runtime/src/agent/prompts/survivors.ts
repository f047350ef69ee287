import { type Survivor, SurvivorAnswer } from "@aura/shared/schemas/survivors";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { z } from "zod";
import { failureSection, preludeText, testText } from "./acceptance-tests.ts";
import {
  assumptionsSection,
  blocksText,
  dependenciesSection,
  filesText,
  interfacesText,
  requirementsText,
  schemaText,
  section,
} from "./rendering.ts";

export const TEMPLATE = "survivors@1";

type Context = TaskContextOf<"acceptance_tests">;

/** For a test author who answers for changes that no test noticed: what was different, and never how it is written. */
export function survivorsPrompt(context: Context): string {
  const concerned = new Set(context.wanted_requirement_ids);
  const requirements = context.requirements.filter(({ id }) => concerned.has(id));
  const tests = context.previous?.tests.filter((test) => test.requirement_ids.some((id) => concerned.has(id))) ?? [];
  const parts = [
    section(`Task ${context.task_key}: ${context.title}`, ORDER),
    section("Changes that no test noticed", (context.survivors ?? []).map(survivorText).join("\n")),
    section(`Toolchain of the product: ${context.toolchain.name}`, context.toolchain.description),
    ...dependenciesSection(context.dependencies),
    section("Interfaces of the product", interfacesText(context.interfaces)),
    section("Requirements whose tests reach the changed functions", requirementsText(requirements)),
    section("The PRD blocks", blocksText(context.blocks)),
    ...assumptionsSection(context.assumptions),
  ];
  if (context.attachments.length > 0)
    parts.push(
      section(
        "Attachments of the PRD (in every test's working directory under attachments/)",
        filesText(context.attachments, "attachments/"),
      ),
    );
  parts.push(
    section(
      "Their tests, which stay as they are",
      `${preludeText(context.previous?.prelude ?? "")}${tests.map(testText).join("\n\n")}`,
    ),
    section("Answers, in place of rulings", schemaText(z.array(SurvivorAnswer))),
    ...failureSection(context),
  );
  return parts.join("\n");
}

const ORDER = `The product is written and passes every test. It was then changed in one place at a time, and all tests still passed for each change below: they may be missing something. You see no code, and need none. For each change ask what the requirements say about the behaviour that differs:

- A requirement or PRD block fixes it: hand in a further test, under an id of its own, that fails on such a product and passes on a right one. Answer \`tested\`.
- Nobody who uses the product could see the difference: answer \`equivalent\`.
- It could be seen, but no requirement speaks of it: answer \`not_required\`. Never test what nothing demands.

\`answers\` holds one entry for each change: its \`number\`, the \`answer\`, and as \`basis\` the words that decide. Hand in only further tests; where there are none, \`tests\` is empty. The rules for tests hold as they stand, but that no requirement has to get a test here.`;

function survivorText({ function: name, behaviour, requirement_ids }: Survivor, index: number): string {
  return `${index + 1}. In ${name} (reached by tests of ${requirement_ids.join(", ")}): ${behaviour}.`;
}
