import { assertionsIn } from "@aura/shared/models/assertions";
import type { AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { finding } from "./findings.ts";

/** What a requirement says, with the words of code in it. */
export interface RequirementText {
  readonly id: string;
  readonly text: string;
}

const CODE_SPAN = /`([^`\n]+)`/g;
/** NAME and AMOUNT stand for something else. */
const WORD = /[A-Za-z][\w-]{2,}/g;
const isPlaceholder = (word: string) => word === word.toUpperCase();
/** A word that more of them use tells none apart. */
const SHARED_BY_MAX = 2;

/**
 * A requirement that names commands, fields or messages of its own, none of which any of its tests names: those tests look at
 * something else. Requirements without words of code are left to the runs.
 *
 * @param commands parts of the plan's command lines, which tests need not name: the harness starts them
 */
export function offSubject(
  suite: SuiteProduct,
  requirements: readonly RequirementText[],
  commands: readonly string[],
): Finding[] {
  const spoken = new Map(requirements.map(({ id, text }) => [id, codeWords(text, commands)]));
  const users = (word: string) => [...spoken.values()].filter((words) => words.has(word)).length;
  return [...spoken].flatMap(([id, words]) => {
    const own = [...words].filter((word) => users(word) <= SHARED_BY_MAX);
    const tests = suite.tests.filter(({ requirement_ids }) => requirement_ids.includes(id));
    const texts = tests.map((test) => fullText(test, suite.prelude).toLowerCase());
    if (own.length === 0 || tests.length === 0 || own.some((word) => texts.some((text) => text.includes(word))))
      return [];
    const named = own.slice(0, 5).map((word) => `\`${word}\``);
    const message = `No test of ${id} names any of ${named.join(", ")}, which it is about. Test what it says.`;
    return [finding("requirement_off_subject", id, message)];
  });
}

function codeWords(text: string, commands: readonly string[]): Set<string> {
  const words = [...text.matchAll(CODE_SPAN)].flatMap(([, code = ""]) => code.match(WORD) ?? []);
  return new Set(
    words.filter((word) => !isPlaceholder(word) && !commands.includes(word)).map((word) => word.toLowerCase()),
  );
}

/** The body, and the parts of the prelude that it names, with the parts that those name. */
function fullText({ body }: AcceptanceTest, prelude: string): string {
  const parts = prelude.split(/^(?=(?:async\s+)?(?:function\*?|const|let|class)\s)/m);
  let text = body;
  for (let open = parts, taken = parts; taken.length > 0; open = open.filter((part) => !taken.includes(part))) {
    taken = open.filter((part) => names(text, part));
    text += taken.join("");
  }
  return text;
}

function names(text: string, part: string): boolean {
  const name = /^(?:async\s+)?(?:function\*?|const|let|class)\s+([A-Za-z_$][\w$]*)/.exec(part)?.[1];
  return name === undefined || text.includes(name);
}

const HARNESS_MARK = /AURA_(?:STUB|PRODUCT|REACHED)|NotImplemented/;

/** A test that looks for what a stub writes is content with whatever else a product does. */
export function harnessMarks(suite: SuiteProduct): Finding[] {
  const message = (id: string) =>
    `Test ${id} looks for what a stub or a removed body writes. Compare what the product does with what the requirement says.`;
  return suite.tests
    .filter((test) => HARNESS_MARK.test(fullText(test, suite.prelude)))
    .map(({ id }) => finding("test_knows_harness", id, message(id)));
}

/** A replacement may expect something else; it may not look at less, or a dispute would be a way to an easier test. */
export function weakerReplacements(suite: SuiteProduct, previous: SuiteProduct | null): Finding[] {
  const replaced = new Set(suite.rulings.filter(({ ruling }) => ruling === "replaced").map(({ test_id }) => test_id));
  const disputed = (previous?.tests ?? []).filter(({ id }) => replaced.has(id));
  const kept = new Set(previous?.tests.map(({ id }) => id));
  return disputed.flatMap(({ id, body, requirement_ids }) => {
    const follows = (test: AcceptanceTest) =>
      test.id === id || (!kept.has(test.id) && test.requirement_ids.some((key) => requirement_ids.includes(key)));
    const then = assertionsIn(body);
    const now = assertionsIn(
      suite.tests
        .filter(follows)
        .map((test) => test.body)
        .join("\n"),
    );
    if (now >= then) return [];
    const message = `What replaces ${id} has ${now} assertions, and the disputed test had ${then}. Keep what nobody disputes, and compare what was disputed with what the PRD says instead.`;
    return [finding("replacement_weaker", id, message)];
  });
}
