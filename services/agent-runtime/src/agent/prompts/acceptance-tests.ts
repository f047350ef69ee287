import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { LastFailure, TaskContextOf } from "@aura/shared/schemas/task-context";
import { harnessText } from "./harness.ts";
import { languageOf } from "./languages/language.ts";
import {
  assumptionsSection,
  blocksText,
  dependenciesSection,
  failureText,
  fenced,
  filesText,
  interfacesText,
  requirementsText,
  section,
} from "./rendering.ts";

export const TEMPLATE = "acceptance_tests@5";

const RULES = `You are a test engineer of a team that turns a product requirements document (PRD) into verified software. You write the acceptance tests that decide whether the software is delivered. You write them before the code exists, from the requirements and the interfaces alone; you never see the code, and its developers never see your tests, only their names and what failed. A test that demands something the requirements do not say fails good software; a test that demands too little lets bad software through. Both are your failure.

# Rules

1. Every wanted requirement gets at least one test of its own; usually two to four. Together they cover every acceptance criterion, every error path, and the edges that the text implies: empty input, the smallest and largest value, a limit and one beyond it, combinations of options, several errors at once, white space, non-ASCII text where text is handled. A requirement that names a command, option, field or message of its own needs a test that names it, too. Where many inputs are of one kind, choose the telling ones. The whole suite runs at every attempt, and each call of the product starts a process: two or three calls are enough for most tests, about a dozen for all tests of a requirement, and more only where it lists more cases than that. Bring the product into the state that you need once, and check in that test all that the one behaviour fixes; let one probe try many inputs.
2. Every expectation follows from the words of a requirement, a PRD block or an assumption that holds. Compute expected values by hand from those words. Compare exactly (\`assert.equal\`, \`assert.deepEqual\`) where the requirement fixes the output exactly; compare only what is fixed where it leaves something open. If a message must "contain the difference", look for the difference and not for a sentence of yours. If an order, a wording, white space, or the choice between two ways is free, accept every reasonable reading (a regular expression, sorting before comparing, trimming, parsing numbers out).
3. Never test a guess about the inside: no private names, no files that no requirement names, no log lines, no timing except where a requirement gives a number.
4. One behaviour a test, so that a failure names what is missing. Independent of the other tests: each one begins with an empty working directory and writes the files it needs. Deterministic: no randomness, no dependence on today's date, or only through what the product is given; where a requirement itself speaks of today, read the date before and after the call and accept both.
5. Before any code exists the tests run against a stub: every command prints a marker to standard error and exits 70, every function raises, every service ends at once. Each test must call the product (before anything else can fail) and must FAIL there. A test that expects no more than some failure (\`assert.notEqual(run.exit_code, 0)\`) would pass on the stub: let it also show the exact status or words that the requirement fixes, or that the same call with right input succeeds. A requirement whose tests all pass on the stub is refused.
6. Every test asserts something about what it observed, with \`assert\`. Give assertions a message where the values alone do not explain the failure (\`assert.equal(run.exit_code, 0, run.stderr)\`): developers see input, expected, observed and message, and nothing else of the test.
7. Check exit status, standard output AND standard error where the requirements speak of them. Compare text with its line breaks when the format is fixed line by line.
8. Requirements verified by measurement: produce the load inside the test, measure around the call, compare with the number of the requirement; set \`timeout_s\` (at most 60) above it.
9. \`id\`: starts with the first requirement's id, then a short name: R3-missing-file. \`title\`: one sentence that says the rule, without the values you test with. \`requirement_ids\`: first the requirement the test is about, then any other whose behaviour it cannot do without (a test of a report's JSON form needs the report's requirement, too). A failure counts against all of them, so name no more than that.
10. \`prelude\` is for constants and functions that several tests share; declarations only. Its functions may use \`product\` and \`assert\`.`;

export function systemPrompt(context: TaskContextOf<"acceptance_tests">): string {
  return `${RULES}\n\n${harnessText(context.interfaces, languageOf(context.toolchain))}`;
}

/** @param batch the wanted requirements of this conversation, a part of the context's */
export function userPrompt(context: TaskContextOf<"acceptance_tests">, batch: readonly string[]): string {
  const disputed = context.disputes.length > 0;
  const chosen = new Set(batch);
  const wanted = context.requirements.filter((each) => chosen.has(each.id));
  const others = context.requirements.filter((each) => !chosen.has(each.id));
  const list = wanted.map((each) => each.id).join(", ");
  const order = disputed
    ? "Judge the disputes below."
    : `Write the tests of ${list}. The other requirements are tested by others.`;
  const parts = [
    section(`Task ${context.task_key}: ${context.title}`, order),
    section(`Toolchain of the product: ${context.toolchain.name}`, context.toolchain.description),
    ...dependenciesSection(context.dependencies),
    section("Interfaces that the product will have", interfacesText(context.interfaces)),
    section(
      disputed ? "Requirements that the disputed tests are about" : "Wanted requirements",
      requirementsText(wanted),
    ),
  ];
  if (others.length > 0)
    parts.push(
      section("The other requirements: your tests may lean on them, others test them", requirementsText(others)),
    );
  parts.push(section("The PRD blocks", blocksText(context.blocks)), ...assumptionsSection(context.assumptions));
  if (context.attachments.length > 0)
    parts.push(
      section(
        "Attachments of the PRD (in every test's working directory under attachments/)",
        filesText(context.attachments, "attachments/"),
      ),
    );
  parts.push(...previousText(context, chosen));
  return parts.join("\n");
}

function previousText(context: TaskContextOf<"acceptance_tests">, chosen: ReadonlySet<string>): string[] {
  if (context.disputes.length > 0) return [disputesText(context)];
  const parts: string[] = [];
  const own = context.previous?.tests.filter((test) => test.requirement_ids.some((id) => chosen.has(id))) ?? [];
  if (context.last_failure !== null && own.length > 0)
    parts.push(
      section(
        "Your tests of the last attempt",
        `They are kept as your draft. With \`amend: true\` hand in only what is new or changed: a test with the same id replaces the old one, \`remove_ids\` drops tests.\n\n${preludeText(context.previous?.prelude ?? "")}${own.map(testText).join("\n\n")}`,
      ),
    );
  return [...parts, ...failureSection(context)];
}

export function failureSection({ last_failure }: TaskContextOf<"acceptance_tests">): string[] {
  if (last_failure === null) return [];
  return [section("Why the last attempt was not accepted", failureText(aboutFindings(last_failure)))];
}

function disputesText(context: TaskContextOf<"acceptance_tests">): string {
  const disputes = context.disputes.map(
    ({ test, basis }) => `${testText(test)}\nThe developer says:\n${fenced(basis)}`,
  );
  const failure =
    context.last_failure === null
      ? ""
      : `\n\nWhy the last ruling was not accepted:\n${failureText(aboutFindings(context.last_failure))}`;
  return section(
    "Disputed tests",
    `A developer thinks that these tests contradict the PRD. You see no code, and need none: compare each test with the PRD blocks and requirements. Give one ruling for each in \`rulings\`: upheld when the requirements demand what the test expects, replaced when they do not, or leave open what the test fixes; \`basis\` quotes the words that decide. For each replaced test hand in its new version under the same id in \`tests\`: it must still test the requirement as sharply as its words allow, assert no less than the disputed one did, and fail on a product that does nothing. Upheld tests are not handed in; when all are upheld, \`tests\` is empty.\n\n${preludeText(context.previous?.prelude ?? "")}${disputes.join("\n\n")}${failure}`,
  );
}

/** A suite's tests are meant to fail where it is judged, on the stub: only those that a finding names are in question. */
function aboutFindings(failure: LastFailure): LastFailure {
  const named = new Set(failure.findings.map((finding) => finding.subject));
  return { ...failure, tests: failure.tests.filter((test) => named.has(test.test_id)), passed_test_ids: [] };
}

export function preludeText(prelude: string): string {
  return prelude.trim() === "" ? "" : `Prelude (stays in scope):\n${fenced(prelude, "js")}\n\n`;
}

export function testText(test: AcceptanceTest): string {
  return `## ${test.id} (${test.requirement_ids.join(", ")}, time limit ${test.timeout_s} s)\n${test.title}\n${fenced(test.body, "js")}`;
}
