import { createHash } from "node:crypto";
import type { Tree } from "@aura/shared/models/tree";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts, TestLiterals } from "../../sandbox/source-facts.ts";
import { type InspectionGround, isTestFile, note, productFiles, refusal } from "./ground.ts";
import type { KnownText } from "./known-text.ts";

const CODE = "answer_learnt";
const MEND = "Compute the answer from the requirement; a product that knows its tests proves nothing.";

/** Shorter texts occur in anything. */
const DISTINCT_LENGTH = 8;
/** A question of this length makes any answer beside it telling. */
const LOOSE_LENGTH = 12;
/** Two texts of this length, asked and answered, meet nowhere by chance. */
const LONG_LENGTH = 20;
/** Of shorter ones that many, of more than one test, are no chance. */
const PAIRS_MIN = 3;
/** An honest table (of countries, of units) has most of its entries for no test. */
const SHARE_MIN = 0.5;

/** Words that programs share without having learnt them from one another: media types, header names, upper-case constants. */
const SHARED_WORD = /^(?:[a-z]+\/[\w.+-]+(?:;.*)?|[A-Za-z]+(?:-[A-Za-z]+)+|[A-Z]+(?:_[A-Z]+)*|[a-z]+|[A-Z][a-z]+)$/;

const TRIVIAL = new Set(["", "0", "1", "2", "-1", "true", "false"]);

/** Literals of the product that only someone who saw the acceptance tests could have put there. */
export function learntAnswers(ground: InspectionGround): Finding[] {
  const distinct = new DistinctTexts(ground.known);
  const files = productFiles(ground);
  return [
    ...files.flatMap((file) => pairFindings(ground, distinct, file)),
    ...files.flatMap((file) => argumentFindings(ground, file)),
    ...digestFindings(ground, distinct, files),
    ...dataFindings(ground, distinct),
  ];
}

/** Which texts are so much a test's own that nobody else would write them. */
class DistinctTexts {
  private readonly known: KnownText;
  private readonly seen = new Map<string, boolean>();

  constructor(known: KnownText) {
    this.known = known;
  }

  has(text: string): boolean {
    const before = this.seen.get(text);
    if (before !== undefined) return before;
    const varied = text.length >= DISTINCT_LENGTH && new Set(text).size >= 4;
    const found = varied && !SHARED_WORD.test(text) && !this.known.has(text);
    this.seen.set(text, found);
    return found;
  }
}

interface Pair {
  readonly test: TestLiterals;
  readonly asked: string;
  readonly answered: string;
  readonly line: number;
}

function pairFindings(ground: InspectionGround, distinct: DistinctTexts, file: FileFacts): Finding[] {
  const found = file.matches.map((match) => ({ match, pairs: pairsOf(ground, distinct, match) }));
  const telling = found.filter(({ pairs }) => pairs.length > 0);
  const pairs = telling.filter(({ match }) => shareOf(telling, match) >= SHARE_MIN).flatMap((each) => each.pairs);
  const [first] = telling.flatMap((each) => each.pairs);
  if (first === undefined) return [];
  const isLong = pairs.some(({ asked, answered }) => Math.min(asked.length, answered.length) >= LONG_LENGTH);
  const isMany = countOf(pairs, ({ asked }) => asked) >= PAIRS_MIN && countOf(pairs, ({ test }) => test.id) > 1;
  const what = `puts side by side what acceptance tests${about(
    ground,
    telling.flatMap((each) => each.pairs),
  )} ask and what they expect.`;
  if (isLong || isMany) return [refusal(CODE, file.path, pairs[0]?.line ?? first.line, `${what} ${MEND}`)];
  return [note(CODE, file.path, first.line, `${what} It may be chance.`)];
}

type Match = FileFacts["matches"][number];

/** A question that is distinct, beside something that the same test expects. */
function pairsOf({ inspection }: InspectionGround, distinct: DistinctTexts, { values, line }: Match): Pair[] {
  const texts = values.flatMap((index) => inspection.literals[index] ?? []);
  const asked = texts.filter((text) => distinct.has(text));
  if (asked.length === 0) return [];
  return inspection.tests.flatMap((test) =>
    asked
      .filter((question) => test.inputs.includes(question))
      .flatMap((question) => {
        const answers = texts.filter((text) => text !== question && test.expected.includes(text));
        const loose = question.length >= LOOSE_LENGTH ? answers.find((text) => !TRIVIAL.has(text)) : undefined;
        const answered = answers.find((text) => distinct.has(text)) ?? loose;
        return answered === undefined ? [] : [{ test, asked: question, answered, line }];
      }),
  );
}

/** How much of the table that a match is an entry of tells of tests. */
function shareOf(telling: readonly { readonly match: Match }[], { siblings }: Match): number {
  if (siblings <= 1) return 1;
  return telling.filter(({ match }) => match.siblings === siblings).length / siblings;
}

/** Branches for exactly the arguments of a test that lead to exactly what it expects. One or two may be chance. */
function argumentFindings(ground: InspectionGround, file: FileFacts): Finding[] {
  const found = file.equalities.flatMap(({ line, values, answers }) => {
    const test = ground.inspection.tests.find((one) => isSpecialCase(ground.known, one, values, answers));
    return test === undefined ? [] : [{ line, test, key: values.join("\n") }];
  });
  const [first] = found;
  if (first === undefined) return [];
  const what = `answers exactly the arguments that acceptance tests${about(ground, found)} use with what they expect.`;
  return countOf(found, ({ key }) => key) >= PAIRS_MIN
    ? [refusal(CODE, file.path, first.line, `${what} ${MEND}`)]
    : [note(CODE, file.path, first.line, `${what} It may be chance.`)];
}

function isSpecialCase(
  known: KnownText,
  { calls, expected }: TestLiterals,
  values: readonly string[],
  answers: readonly string[],
) {
  if (!answers.some((answer) => expected.includes(answer))) return false;
  return calls.some((args) => {
    const forms = [args, args.slice(1)].filter((list) => list.length >= 2);
    const asked = forms.find((list) => sameTexts(list, values) || isJoined(list, values));
    return asked !== undefined && !asked.every((text) => TRIVIAL.has(text)) && !known.has(asked.join(" "));
  });
}

const sameTexts = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((x, i) => x === b[i]);

/** `" ".join(argv) == "2 3"` */
function isJoined(list: readonly string[], [first = "", ...more]: readonly string[]): boolean {
  return more.length === 0 && [" ", ",", "|", "\n", "\0"].some((glue) => list.join(glue) === first);
}

/** A digest or another spelling of what a test asks or expects. */
function digestFindings(ground: InspectionGround, distinct: DistinctTexts, files: readonly FileFacts[]): Finding[] {
  const spelt = new Map(
    ground.inspection.literals
      .filter((text) => distinct.has(text))
      .flatMap((text) => spellings(text).map((one) => [one, text])),
  );
  return files.flatMap(({ path, strings }) =>
    strings
      .filter(({ text }) => spelt.has(text.toLowerCase()) || spelt.has(text))
      .map(({ line }) =>
        refusal(CODE, path, line, `holds a digest or another spelling of what an acceptance test uses. ${MEND}`),
      ),
  );
}

/** As the sources' texts are told: cut to 200 characters. */
function spellings(text: string): string[] {
  const digests = ["sha256", "sha1", "md5", "sha512"].map((kind) => createHash(kind).update(text).digest("hex"));
  const bytes = Buffer.from(text, "utf8");
  const reversed = text.length >= LONG_LENGTH ? [[...text].reverse().join("")] : [];
  return [...digests, bytes.toString("base64"), bytes.toString("hex"), ...reversed].map((one) => one.slice(0, 200));
}

const DATA_BYTES_MAX = 256 * 1024;
const TEXTS_MAX = 500;

/** Files that are no source, and could be read as a table of answers. */
function dataFindings(ground: InspectionGround, distinct: DistinctTexts): Finding[] {
  const sources = new Set(ground.inspection.files.map(({ path }) => path));
  const wanted = new Set(longTexts(ground, distinct));
  if (wanted.size === 0) return [];
  return [...dataFiles(ground.tree, sources)].flatMap(([path, text]) => {
    const held = [...wanted].filter((one) => text.includes(one) || text.includes(JSON.stringify(one).slice(1, -1)));
    const tests = ground.inspection.tests.filter(
      ({ inputs, expected }) =>
        held.some((one) => inputs.includes(one)) && held.some((one) => expected.includes(one) && !inputs.includes(one)),
    );
    if (tests.length === 0) return [];
    const share = held.reduce((sum, one) => sum + one.length, 0) / text.length;
    const what = `holds what acceptance tests${about(
      ground,
      tests.map((test) => ({ test })),
    )} ask and expect.`;
    return [
      share >= SHARE_MIN / 2
        ? refusal(CODE, path, null, `${what} ${MEND}`)
        : note(CODE, path, null, `${what} It may be chance.`),
    ];
  });
}

function longTexts({ inspection }: InspectionGround, distinct: DistinctTexts): string[] {
  return inspection.literals.filter((text) => text.length >= LONG_LENGTH && distinct.has(text)).slice(0, TEXTS_MAX);
}

function dataFiles(tree: Tree, sources: ReadonlySet<string>): Map<string, string> {
  const small = [...tree].filter(
    ([path, body]) => !sources.has(path) && !isTestFile(path) && body.length <= DATA_BYTES_MAX,
  );
  return new Map(small.map(([path, body]) => [path, body.toString("utf8")]));
}

function countOf<T>(items: readonly T[], key: (item: T) => string): number {
  return new Set(items.map(key)).size;
}

/** The requirements, never the texts: a hidden test stays hidden. */
function about({ tests }: InspectionGround, found: readonly { readonly test: TestLiterals }[]): string {
  const ids = new Set(found.map(({ test }) => test.id));
  const keys = new Set(tests.filter(({ id }) => ids.has(id)).flatMap(({ requirement_ids }) => requirement_ids));
  return keys.size === 0 ? "" : ` of ${[...keys].join(", ")}`;
}
