import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { EvidenceItem } from "@aura/shared/schemas/verification-report";
import type { InstrumentResult, MutantFate, Sandbox } from "../sandbox/port.ts";
import type { SuiteGround } from "./suite-run.ts";

/** Requirements that are not come to by then keep their passes. */
const WALL_MS = 120_000;

/** The functions that only the tests of one requirement reach. */
interface OwnPart {
  readonly requirement: string;
  readonly functions: readonly number[];
  readonly tests: readonly AcceptanceTest[];
}

/**
 * Removes, one requirement after the other, the bodies of the functions that its tests alone reach, and runs these tests: one of
 * them must not pass any more. Without a body in the whole product a test may fail for what it does not look at.
 *
 * @param tests those that passed on `instrumented`
 * @returns the tests of requirements whose tests all passed nevertheless
 */
export async function aliveWithoutOwnFunctions(
  sandbox: Sandbox,
  ground: SuiteGround,
  instrumented: InstrumentResult,
  reached: ReadonlyMap<string, readonly number[]>,
  tests: readonly AcceptanceTest[],
): Promise<{ alive: string[]; evidence: EvidenceItem[] }> {
  const parts = ownParts(reached, tests);
  if (parts.length === 0) return { alive: [], evidence: [] };
  const begun = performance.now();
  const { suite, ...rest } = ground;
  const mutants = parts.map((part) => ({
    files: withoutBodies(instrumented, part.functions),
    test_ids: part.tests.map(({ id }) => id),
  }));
  const request = { ...rest, tree: instrumented.tree, prelude: suite.prelude, tests, mutants, wall_ms: WALL_MS };
  const fates = await sandbox.runMutants(request);
  const alive = parts.filter((_part, index) => fates[index] === "survived").flatMap((part) => part.tests);
  const evidence = evidenceOf(ground, parts, fates, performance.now() - begun);
  return { alive: [...new Set(alive.map(({ id }) => id))], evidence: [evidence] };
}

function ownParts(reached: ReadonlyMap<string, readonly number[]>, tests: readonly AcceptanceTest[]): OwnPart[] {
  const keys = [...new Set(tests.flatMap(({ requirement_ids }) => requirement_ids))];
  const reachedBy = (some: readonly AcceptanceTest[]) => new Set(some.flatMap(({ id }) => reached.get(id) ?? []));
  return keys.flatMap((requirement) => {
    const own = tests.filter(({ requirement_ids }) => requirement_ids.includes(requirement));
    const elsewhere = reachedBy(tests.filter((test) => !own.includes(test)));
    const functions = [...reachedBy(own)].filter((number) => !elsewhere.has(number));
    return functions.length === 0 ? [] : [{ requirement, functions, tests: own }];
  });
}

/** The files of these functions, in which each of them fails at once. */
function withoutBodies({ tree, functions }: InstrumentResult, numbers: readonly number[]) {
  const wanted = new Set(numbers.map(String));
  const paths = new Set(numbers.map((number) => functions[number]?.path ?? ""));
  return [...paths].flatMap((path) => {
    const text = tree.get(path)?.toString("utf8");
    if (text === undefined) return [];
    const failing = (probe: string, number: string) => (wanted.has(number) ? "_aura_fail()" : probe);
    return [{ path, text: text.replaceAll(/\b_aura_reach\((\d+)\)/g, failing) }];
  });
}

function evidenceOf(
  { toolchain }: SuiteGround,
  parts: readonly OwnPart[],
  fates: readonly MutantFate[],
  ms: number,
): EvidenceItem {
  const lines = parts.map(
    ({ requirement, functions }, index) =>
      `${fates[index] ?? "not_run"} ${requirement}: functions without a body: ${functions.length}`,
  );
  return {
    kind: "body_removal_run",
    command: ["own_functions", toolchain],
    exit_code: fates.includes("survived") ? 1 : 0,
    reason: "exit",
    output: lines.join("\n"),
    tree_sha256: null,
    duration_ms: Math.round(ms),
  };
}
