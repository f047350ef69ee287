import type { AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { Finding, TestResult } from "@aura/shared/schemas/verification-report";
import { excerpt, finding, repeated } from "./findings.ts";
import { harnessMarks, offSubject, weakerReplacements } from "./suite-strength.ts";

/** What a suite is judged against. */
export interface SuiteGround {
  /** Every requirement of the run, what it says, and whether tests judge it (test or measurement, not set aside). */
  readonly requirements: readonly { readonly id: string; readonly text: string; readonly testable: boolean }[];
  /** Parts of the plan's command lines. */
  readonly commands: readonly string[];
  /** The suite in force; null for a run's first one. */
  readonly previous: SuiteProduct | null;
  /** Not empty in a task that judges disputes. */
  readonly disputed_test_ids: readonly string[];
}

/** Judges a suite as far as it can be judged without running it. @returns what must be mended */
export function validateSuite(suite: SuiteProduct, ground: SuiteGround): Finding[] {
  return [
    ...identities(suite, ground),
    ...coverage(suite, ground),
    ...offSubject(
      suite,
      ground.requirements.filter(({ testable }) => testable),
      ground.commands,
    ),
    ...assertions(suite),
    ...harnessMarks(suite),
    ...rulings(suite, ground),
  ];
}

function identities(suite: SuiteProduct, ground: SuiteGround): Finding[] {
  const known = new Set(ground.requirements.map(({ id }) => id));
  const twice = repeated(suite.tests.map(({ id }) => id));
  return [
    ...twice.map((id) => finding("test_id_duplicate", id, `Two tests are called ${id}. Give each its own id.`)),
    ...suite.tests.flatMap(({ id, requirement_ids }) =>
      requirement_ids
        .filter((requirement) => !known.has(requirement))
        .map((requirement) =>
          finding("requirement_unknown", id, `Test ${id} names ${requirement}, which is no requirement of this run.`),
        ),
    ),
  ];
}

function coverage(suite: SuiteProduct, ground: SuiteGround): Finding[] {
  const tested = new Set(suite.tests.flatMap(({ requirement_ids }) => requirement_ids));
  return ground.requirements
    .filter(({ id, testable }) => testable && !tested.has(id))
    .map(({ id }) =>
      finding("requirement_untested", id, `No test names ${id}. Write at least one that fails without it.`),
    );
}

/** A test that never asserts shows nothing. An assertion inside a prelude function that the body calls is one, too. */
function assertions(suite: SuiteProduct): Finding[] {
  const names = /\bassert\b/.test(suite.prelude)
    ? [...suite.prelude.matchAll(/\b(?:function\*?|const|let|class)\s+([A-Za-z_$][\w$]*)/g)].map((match) => match[1])
    : [];
  const asserts = ({ body }: AcceptanceTest) =>
    /\bassert\b/.test(body) || names.some((name) => name !== undefined && body.includes(name));
  return suite.tests
    .filter((test) => !asserts(test))
    .map(({ id }) =>
      finding("test_without_assertion", id, `Test ${id} asserts nothing. Compare what it saw with assert.`),
    );
}

function rulings(suite: SuiteProduct, ground: SuiteGround): Finding[] {
  const disputed = new Set(ground.disputed_test_ids);
  if (disputed.size === 0) return [];
  const ruled = suite.rulings.map(({ test_id }) => test_id);
  const missing = [...disputed].filter((id) => !ruled.includes(id));
  return [
    ...missing.map((id) =>
      finding(
        "ruling_missing",
        id,
        `The disputed test ${id} has no ruling. Rule upheld or replaced, and quote the PRD.`,
      ),
    ),
    ...repeated(ruled).map((id) => finding("ruling_duplicate", id, `There are two rulings on ${id}. Keep one.`)),
    ...ruled
      .filter((id) => !disputed.has(id))
      .map((id) => finding("ruling_undisputed", id, `Nobody disputes ${id}. Remove the ruling.`)),
    ...ruledChanges(suite, ground, disputed),
    ...weakerReplacements(suite, ground.previous),
  ];
}

/** A test stays word for word unless its ruling says replaced, and then it does not. */
function ruledChanges(suite: SuiteProduct, ground: SuiteGround, disputed: ReadonlySet<string>): Finding[] {
  const replaced = new Set(suite.rulings.filter(({ ruling }) => ruling === "replaced").map(({ test_id }) => test_id));
  return (ground.previous?.tests ?? []).flatMap(({ id, body }) => {
    const now = suite.tests.find((test) => test.id === id);
    const same = now?.body === body;
    if (replaced.has(id)) {
      const message = `${id} is ruled replaced, but is still the same. Replace it or uphold it.`;
      return same ? [finding("replacement_missing", id, message)] : [];
    }
    if (same) return [];
    const message = disputed.has(id)
      ? `${id} is upheld, but not the same any more. Leave an upheld test as it is.`
      : `${id} is not disputed. Leave it as it is.`;
    return [finding("test_changed_unruled", id, message)];
  });
}

export interface StubJudgement {
  readonly findings: readonly Finding[];
  /** Tests that pass on the stub: they count only after they died under a body removal. */
  readonly guards: readonly string[];
}

/**
 * Judges how a suite ran on the stub skeleton, where every call fails with a marker: a test worth having reached the
 * stub and failed because of it.
 */
export function judgeStubRun(suite: SuiteProduct, results: readonly TestResult[], ground: SuiteGround): StubJudgement {
  const byId = new Map(results.map((result) => [result.test_id, result]));
  const colours = new Map(suite.tests.map(({ id }) => [id, colourOf(byId.get(id))]));
  const broken = suite.tests.flatMap(({ id }) => brokenFinding(id, colours.get(id) ?? "unreached", byId.get(id)));
  const guards = suite.tests.filter(({ id }) => colours.get(id) === "guard").map(({ id }) => id);
  const findings = [...broken, ...onlyGuards(suite, colours, ground), ...paleReplacements(suite, colours, ground)];
  return { findings, guards };
}

type Colour = "red" | "guard" | "broken" | "unreached";

function colourOf(result: TestResult | undefined): Colour {
  if (result === undefined || result.outcome === "not_run") return "unreached";
  if (!result.reached_product) return "unreached";
  if (result.outcome !== "pass") {
    if (breaksItself(result)) return "broken";
    return result.reached_stub ? "red" : "unreached";
  }
  return result.assertions > 0 ? "guard" : "broken";
}

/**
 * An error that no product, however good, could take away: an unknown name, a call that the harness does not have or
 * refuses, an ending without waiting. Tripping over what the stub answered (no JSON, no third line) is none of these.
 */
function breaksItself({ outcome, message }: TestResult): boolean {
  if (outcome !== "error") return false;
  const trippedOver = /^(?:TypeError|SyntaxError|RangeError|Error): /.test(message ?? "");
  return !trippedOver || /\b(?:product|assert)\.\w+ is not a function/.test(message ?? "");
}

function brokenFinding(id: string, colour: Colour, result: TestResult | undefined): Finding[] {
  const cause = excerpt(result?.message ?? "it showed nothing", 300);
  if (colour === "broken") {
    return [finding("test_broken", id, `Test ${id} fails by itself, whatever the product does: ${cause}`)];
  }
  if (colour !== "unreached") return [];
  const message = `Test ${id} never reached the product (${cause}). Call the product through product.cli, product.probe, product.serve or product.http before anything can fail.`;
  return [finding("test_never_reached_product", id, message)];
}

function onlyGuards(suite: SuiteProduct, colours: ReadonlyMap<string, Colour>, ground: SuiteGround): Finding[] {
  return ground.requirements.flatMap(({ id, testable }) => {
    const own = suite.tests.filter((test) => test.requirement_ids.includes(id)).map((test) => test.id);
    const usable = own.every((test) => colours.get(test) === "guard");
    if (!testable || own.length === 0 || !usable) return [];
    const message = `Every test of ${id} (${own.join(", ")}) passes on a stub in which nothing works. Add one that fails there.`;
    return [finding("requirement_only_guards", id, message)];
  });
}

function paleReplacements(suite: SuiteProduct, colours: ReadonlyMap<string, Colour>, ground: SuiteGround): Finding[] {
  if (ground.disputed_test_ids.length === 0) return [];
  const before = new Map(ground.previous?.tests.map(({ id, body }) => [id, body]));
  return suite.tests
    .filter(({ id, body }) => before.get(id) !== body && colours.get(id) === "guard")
    .map(({ id }) =>
      finding(
        "replacement_not_red",
        id,
        `The replacement ${id} passes on a stub in which nothing works. Make it fail there.`,
      ),
    );
}
