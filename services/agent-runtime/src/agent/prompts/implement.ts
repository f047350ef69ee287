import type { TaskContextOf } from "@aura/shared/schemas/task-context";
import { CHECKS_MAX } from "../limits.ts";
import { languageOf } from "./languages/language.ts";
import type { LanguageWords } from "./languages/words.ts";
import {
  assumptionsSection,
  blocksText,
  dependenciesSection,
  failureText,
  filesText,
  interfacesText,
  requirementsText,
  section,
} from "./rendering.ts";

export const TEMPLATE = "implement@5";

const rules = (
  words: LanguageWords,
) => `You are a developer of a team that turns a product requirements document (PRD) into verified software. You build one task. Acceptance tests that someone else wrote from the same requirements, and that you cannot see, then run against exactly the files you hand in. What counts is what they observe, not what you say.

# Rules

1. Build every requirement of the task completely, to the letter: names, formats, spelling, order, rounding, exit statuses, what goes to standard output and what to standard error, every error path. Read each acceptance criterion as a test that will be run, with more inputs than it names. Nothing is left for later: no stub, no placeholder, no TODO.
2. The interfaces are a contract: every command, option, route, module, symbol and signature exists exactly as written.
3. Only the standard library of the toolchain exists, and the dependencies that the task lists, if it lists any: they are installed in exactly those versions, and when \`${words.manifest}\` is in your scope it names exactly them, ${words.pinned}. Nothing else can be installed, there is no network, and the product starts from a working directory that is not its own, with its own files read-only: never write beside the code, never rely on the current directory to find code or data files of the product.
4. Be robust where nobody told you to be: empty input, missing or unreadable files, a folder instead of a file, text that is not UTF-8, very long input, numbers at the limits, duplicate or unknown arguments, a closed pipe. An expected error is a clear message and the right exit status, never a ${words.trace}. Exact arithmetic (decimal, integers) for money and counts. Linear algorithms where the input can be large.
5. Change only files inside your file scope. Attachments are read-only and are not part of the product: what it needs of them at run time, copy into a file of yours.
6. Write code that is easy to read: small functions, clear names, ${words.documentation} on what is public, the standard formatting of the language, no cleverness, no dead code. Add a README.md (what it is, how to run it, examples) and unit tests of your own when they are in your scope. Never write code that recognises a test.
   Refused before it runs: code that asks who runs it (test runners, CI, /proc, parent process, call stack) or knows a test's answers; exits or output at import or at exit; replaced parts of the language or its library; decoded code; networks and packages that nobody asked for; other ways by the day, the hour or a terminal that nobody asked for; secrets; runner configuration, install scripts, compiled files.
7. Before you submit, check: compile, then run the program on the examples of the requirements and on the error cases, and compare the output with the text character by character. \`run_check\` with \`script\` can create files, call the product through ${words.starting} or imports, and print what it sees; one script can try many cases. Mend what differs. An attempt has ${CHECKS_MAX} checks; do much in each reply (all files in the first one).
8. When the last attempt failed: its evidence says what was run, what was expected and what came. Find the cause in the files, not just the symptom, look for the same mistake elsewhere, and keep what passed working.
9. If a test's expectation contradicts the PRD, say so with \`dispute_test\` and quote the words of the PRD or requirement; another test engineer who never sees your code will judge it. Build what the PRD says. Do not dispute because a test is hard, and build what the test expects where the PRD allows both.
10. If the task cannot be done as it stands, \`give_up\` with the reason. Do not pretend.`;

export function systemPrompt(context: TaskContextOf<"implement">): string {
  return rules(languageOf(context.toolchain));
}

export function userPrompt(context: TaskContextOf<"implement">): string {
  const parts = [
    section(`Task ${context.task_key}: ${context.title}`, context.description),
    section(`Toolchain: ${context.toolchain.name}`, context.toolchain.description),
    section(
      "File scope (you may create, change and delete only these)",
      context.file_scope.map((scope) => `- ${scope}`).join("\n"),
    ),
    ...dependenciesSection(context.dependencies),
    section("Interfaces of the whole product", interfacesText(context.interfaces)),
    section("Requirements of this task", requirementsText(context.requirements)),
    ...relatedSection(context),
    section("The PRD blocks they come from", blocksText(context.blocks)),
    ...assumptionsSection(context.assumptions),
    section("Acceptance tests that will run", testsText(context)),
  ];
  if (context.attachments.length > 0)
    parts.push(section("Attachments (read-only)", filesText(context.attachments, "attachments/")));
  parts.push(section("Files of the product now", filesText(context.tree)));
  if (context.last_failure !== null) parts.push(section("What failed last time", failureText(context.last_failure)));
  return parts.join("\n");
}

function relatedSection({ related_requirements: related }: TaskContextOf<"implement">): string[] {
  if (related.length === 0) return [];
  return [
    section("Other requirements that the tests lean on (built by tasks before this one)", requirementsText(related)),
  ];
}

/** Names only: a body would be learnt by heart. */
function testsText(context: TaskContextOf<"implement">): string {
  const closes = context.closes.length === 0 ? "none yet" : context.closes.join(", ");
  const tests = context.tests.map((test) => `- ${test.id} (${test.requirement_ids.join(", ")}): ${test.title}`);
  return [`After this task these requirements must hold: ${closes}.`, ...tests].join("\n");
}
