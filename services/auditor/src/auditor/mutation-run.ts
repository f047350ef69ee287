import { treeSha256 } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { EvidenceItem, Mutation } from "@aura/shared/schemas/verification-report";
import type { Mutant, MutantFate, MutantRunRequest, Sandbox } from "../sandbox/port.ts";
import { isPass } from "../validators/verdicts.ts";
import type { ConfirmedRun } from "./confirmation.ts";
import type { MutationBudget } from "./judge-context.ts";
import type { SuiteGround } from "./suite-run.ts";

/** Null where there is nothing to change, or nothing to notice it. */
export interface MutationRun {
  readonly mutation: Mutation;
  readonly evidence: EvidenceItem;
}

/**
 * Changes the product in one place at a time, within functions that passing tests reached, and runs those tests until one notices.
 * Which changes are made follows from the product, so that tests that were added meet the same ones. A mutant that no test notices is a survivor: shown, and never the developer's fault.
 */
export async function runMutants(
  sandbox: Sandbox,
  ground: SuiteGround,
  run: ConfirmedRun,
  budget: MutationBudget,
): Promise<MutationRun | null> {
  const watching = watchingTests(ground.suite.tests, run);
  if (budget.count === 0 || watching.size === 0) return null;
  const begun = performance.now();
  const seed = Number.parseInt(treeSha256(ground.tree).slice(0, 7), 16);
  const choice = { seed, count: budget.count, functions: [...watching.keys()] };
  const mutants = await sandbox.makeMutants({ tree: ground.tree, toolchain: ground.toolchain, ...choice });
  const trials = mutants.map((mutant) => ({
    mutant,
    tests: watching.get(nameOf(mutant.path, mutant.function)) ?? [],
  }));
  const fates = await sandbox.runMutants(runRequest(ground, trials, Math.max(0, budget.wall_ms)));
  const outcomes = trials.map((trial, index) => ({ ...trial, outcome: fates[index] ?? "not_run" }));
  const mutation = {
    sampled: mutants.length,
    killed: outcomes.filter(({ outcome }) => outcome === "killed").length,
    not_run: outcomes.filter(({ outcome }) => outcome === "not_run").length,
    survived: outcomes.filter(({ outcome }) => outcome === "survived").map(survivor),
  };
  return { mutation, evidence: evidenceOf({ ...ground, seed }, outcomes, performance.now() - begun) };
}

interface Trial {
  readonly mutant: Mutant;
  readonly tests: readonly AcceptanceTest[];
}

const nameOf = (path: string, name: string) => `${path}:${name}`;

/** By function: the passing tests that reach it, the quick ones first. */
function watchingTests(
  tests: readonly AcceptanceTest[],
  { functions, reached, tests: results, survivors, flaky }: ConfirmedRun,
): Map<string, AcceptanceTest[]> {
  const durations = new Map(results.filter(isPass).map(({ test_id, duration_ms }) => [test_id, duration_ms]));
  const counted = tests.filter(({ id }) => durations.has(id) && !survivors.has(id) && !flaky.has(id));
  const quickFirst = counted.toSorted((a, b) => (durations.get(a.id) ?? 0) - (durations.get(b.id) ?? 0));
  const watching = new Map<string, AcceptanceTest[]>();
  for (const test of quickFirst) {
    for (const number of reached.get(test.id) ?? []) {
      const found = functions[number];
      if (found === undefined) continue;
      const name = nameOf(found.path, found.name);
      watching.set(name, [...(watching.get(name) ?? []), test]);
    }
  }
  return watching;
}

function runRequest({ suite, ...ground }: SuiteGround, trials: readonly Trial[], wall_ms: number): MutantRunRequest {
  const mutants = trials.map(({ mutant: { path, text }, tests }) => ({
    files: [{ path, text }],
    test_ids: tests.map(({ id }) => id),
  }));
  return { ...ground, prelude: suite.prelude, tests: suite.tests, mutants, wall_ms: Math.round(wall_ms) };
}

function survivor({
  mutant,
  tests,
}: {
  mutant: Mutant;
  tests: readonly AcceptanceTest[];
}): Mutation["survived"][number] {
  const { text: _, ...place } = mutant;
  const keys = [...new Set(tests.flatMap(({ requirement_ids }) => requirement_ids))];
  return { ...place, requirement_ids: keys.sort((a, b) => a.localeCompare(b, "en", { numeric: true })) };
}

function evidenceOf(
  { toolchain, seed }: SuiteGround,
  outcomes: readonly { mutant: Mutant; outcome: MutantFate }[],
  ms: number,
): EvidenceItem {
  const lines = outcomes.map(
    ({ mutant: { path, function: name, line, behaviour }, outcome }) =>
      `${outcome} ${path}:${line} ${name}: ${behaviour}`,
  );
  return {
    kind: "mutation_run",
    command: ["mutants", toolchain, `seed=${seed}`, `count=${outcomes.length}`],
    exit_code: outcomes.some(({ outcome }) => outcome === "survived") ? 1 : 0,
    reason: "exit",
    output: lines.join("\n"),
    tree_sha256: null,
    duration_ms: Math.round(ms),
  };
}
