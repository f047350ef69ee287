import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readProducts } from "../corpus/corpus-files.ts";
import { choose, isFalseAccept, isFalseReject, runCases } from "../corpus/corpus-run.ts";
import { type CorpusSystem, openCorpusSystem } from "../corpus/corpus-system.ts";

/** The whole corpus is `npm run audit:corpus`; these few stand for guards that must not be lost. */
const SAMPLE = { product: null, only: null, sample: 0 };

let system: CorpusSystem;

beforeAll(async () => {
  system = await openCorpusSystem({ auditors: 2, environment: { AURA_MUTANTS: "0" } });
});
afterAll(() => system.close());

test("an honest product is delivered, and empty bodies, a missing rule, broken code and lazy tests are not", async () => {
  const cases = choose(readProducts(), SAMPLE);
  const running = { lanes: 3, tell: () => undefined, signal: new AbortController().signal };
  const { results, unjudged } = await runCases(system, cases, running);
  expect(unjudged).toEqual([]);
  expect(results.filter((one) => isFalseAccept(one) || isFalseReject(one))).toEqual([]);
  expect(results.filter(({ accepted }) => accepted).map(({ name }) => name)).toEqual(["classes"]);
  expect(results.length).toBe(7);
  const found = Object.fromEntries(results.map(({ name, findings }) => [name, findings]));
  expect(found["suite-tests-something-else"]).toEqual(["requirement_off_subject R9"]);
  expect(found["dispute-replaced-by-weak"]).toEqual(["replacement_weaker R9-undoes"]);
});

test("a suite that the Auditor does not count on the product goes to a test author, and the developer mends nothing", async () => {
  const [lazy] = choose(readProducts(), { product: null, only: "tickets/suite-answered-at-all", sample: null });
  if (lazy === undefined) throw new Error("the corpus has it");
  const judged = await system.judge(lazy.product, lazy.submission);
  expect(judged).toMatchObject({ accepted: false, end: "assembly rejected", findings: ["requirement_not_run R8"] });
  const { data } = await system.api.call(OPERATIONS.listTasks, { params: { run_id: judged?.run_id ?? "" } });
  expect(data.filter(({ key }) => key === "TESTS-1")).toMatchObject([{ kind: "acceptance_tests" }]);
  expect(data.filter(({ repairs_task_id }) => repairs_task_id !== null)).toEqual([]);
});
