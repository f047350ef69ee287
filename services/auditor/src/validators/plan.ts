import { findToolchain } from "@aura/shared/models/toolchains";
import { inScope, scopesOverlap } from "@aura/shared/models/tree";
import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { normalName, spellingProblem } from "../dependencies/package-names.ts";
import { commandFindings } from "./command-form.ts";
import { finding, repeated } from "./findings.ts";
import { findCycle, parallelPairs } from "./plan-graph.ts";

/** What a plan is judged against. */
export interface PlanGround {
  /** The run's toolchain. */
  readonly toolchain: string;
  readonly known_toolchains: readonly string[];
  /** Every requirement of the run, whether tests judge it, and whether a task must close it: `testable`, not unchanged. */
  readonly requirements: readonly {
    readonly id: string;
    readonly testable: boolean;
    readonly needs_closing: boolean;
  }[];
  /** Paths of the tree that the run starts from: empty unless it continues a delivered run. */
  readonly base_paths: readonly string[];
}

/**
 * Judges an architect's product as far as it can be judged without executing anything.
 *
 * @returns what must be mended; empty when the plan is sound
 */
export function validatePlan(plan: PlanProduct, ground: PlanGround): Finding[] {
  const structure = [...toolchainFindings(plan, ground), ...danglingIds(plan, ground), ...coverage(plan, ground)];
  return [...structure, ...order(plan), ...scopes(plan, ground), ...interfaces(plan, ground), ...dependencies(plan)];
}

function toolchainFindings(plan: PlanProduct, ground: PlanGround): Finding[] {
  if (!ground.known_toolchains.includes(plan.toolchain)) {
    const known = ground.known_toolchains.join(", ");
    return [finding("toolchain_unknown", plan.toolchain, `There is no toolchain ${plan.toolchain}. Known: ${known}.`)];
  }
  if (plan.toolchain === ground.toolchain) return [];
  const message = `The run asks for the toolchain ${ground.toolchain}, the plan says ${plan.toolchain}. Plan with ${ground.toolchain}.`;
  return [finding("toolchain_differs", plan.toolchain, message)];
}

function danglingIds(plan: PlanProduct, ground: PlanGround): Finding[] {
  const requirements = new Set(ground.requirements.map(({ id }) => id));
  const tasks = new Set(plan.tasks.map(({ key }) => key));
  const uses = [
    ...plan.components.map(({ name, requirement_ids }) => ({ by: `component ${name}`, ids: requirement_ids })),
    ...plan.tasks.map(({ key, requirement_ids, closes }) => ({ by: key, ids: [...requirement_ids, ...closes] })),
  ];
  const twice = repeated(plan.tasks.map(({ key }) => key));
  return [
    ...twice.map((key) => finding("task_key_duplicate", key, `Two tasks are called ${key}. Give each its own key.`)),
    ...uses.flatMap(({ by, ids }) =>
      [...new Set(ids)]
        .filter((id) => !requirements.has(id))
        .map((id) => finding("requirement_unknown", id, `${by} names ${id}, which is no requirement of this run.`)),
    ),
    ...plan.tasks.flatMap(({ key, depends_on }) =>
      depends_on
        .filter((other) => !tasks.has(other))
        .map((other) => finding("task_unknown", key, `${key} depends on ${other}, which the plan does not have.`)),
    ),
  ];
}

/** Each testable requirement has exactly one closing task: from then on its tests must pass. */
function coverage(plan: PlanProduct, ground: PlanGround): Finding[] {
  return ground.requirements.flatMap(({ id, needs_closing }) => {
    const closing = plan.tasks.filter((task) => task.closes.includes(id)).map((task) => task.key);
    if (closing.length > 1) {
      const message = `${id} is closed by ${closing.join(" and ")}. Leave it only in the closes of the last one that it needs.`;
      return [finding("closed_twice", id, message)];
    }
    if (closing.length === 1 || !needs_closing) return [];
    const message = `${id} is closed by no task. Put it into the closes of the task after which its tests must pass.`;
    return [finding("uncovered_requirement", id, message)];
  });
}

function order(plan: PlanProduct): Finding[] {
  const cycle = findCycle(plan.tasks);
  if (cycle === null) return [];
  const path = cycle.join(" -> ");
  return [
    finding("dependency_cycle", cycle[0] ?? null, `The tasks depend on each other in a circle: ${path}. Break it.`),
  ];
}

function scopes(plan: PlanProduct, ground: PlanGround): Finding[] {
  const all = plan.tasks.flatMap((task) => task.file_scope);
  const owned = (path: string) => inScope(path, all) || ground.base_paths.includes(path);
  const overlaps = parallelPairs(plan.tasks).flatMap(([a, b]) => {
    const pair = a.file_scope.flatMap((x) => b.file_scope.filter((y) => scopesOverlap(x, y)).map((y) => [x, y]))[0];
    if (pair === undefined) return [];
    const message = `${a.key} (${pair[0]}) and ${b.key} (${pair[1]}) may run at the same time and would write the same files. Separate their file_scope or let one depend on the other.`;
    return [finding("scopes_overlap", a.key, message)];
  });
  const components = plan.components.flatMap(({ name, paths }) =>
    paths
      .filter((path) => !owned(path) && !all.some((scope) => scopesOverlap(scope, path)))
      .map((path) =>
        finding("component_out_of_scope", name, `${path} of component ${name} lies in no task's file_scope.`),
      ),
  );
  const modules = plan.interfaces.modules
    .filter(({ path }) => !owned(path))
    .map(({ path }) =>
      finding("module_out_of_scope", path, `No task may write ${path}. Add it to a task's file_scope.`),
    );
  return [...overlaps, ...components, ...modules];
}

function interfaces(plan: PlanProduct, ground: PlanGround): Finding[] {
  const { modules, cli, http } = plan.interfaces;
  if (modules.length + cli.length + http.length === 0) {
    if (!ground.requirements.some(({ testable }) => testable)) return [];
    const message =
      "The plan offers no interface that tests could reach. Give a command line, HTTP or module interface.";
    return [finding("interface_missing", null, message)];
  }
  const paths = repeated(modules.map(({ path }) => path));
  const names = [...repeated(cli.map(({ name }) => name)), ...repeated(http.map(({ name }) => name))];
  const writable = [
    ...plan.tasks.flatMap((task) => task.file_scope),
    ...modules.map(({ path }) => path),
    ...ground.base_paths,
  ];
  return [
    ...[...paths, ...names].map((name) =>
      finding("interface_duplicate", name, `${name} is described twice. Keep one description of it.`),
    ),
    ...[...cli, ...http].flatMap(({ name, command }) => commandFindings(plan.toolchain, name, command, writable)),
  ];
}

/** How they are written; whether they can be had is found out by asking for them. */
function dependencies(plan: PlanProduct): Finding[] {
  const facts = findToolchain(plan.toolchain);
  if (facts === undefined || plan.dependencies.length === 0) return [];
  const { ecosystem, manifest } = facts;
  const misspelt = plan.dependencies.flatMap(({ name, version }) => {
    const problem = spellingProblem(ecosystem, name, version);
    return problem === null ? [] : [finding("dependency_malformed", name, `${name} ${problem}.`)];
  });
  const twice = repeated(plan.dependencies.map(({ name }) => normalName(ecosystem, name))).map((name) =>
    finding("dependency_malformed", name, `${name} is named twice. Name it once.`),
  );
  if (plan.tasks.some((task) => inScope(manifest, task.file_scope))) return [...misspelt, ...twice];
  const message = `The product names its dependencies in ${manifest}: add it to the file_scope of one task.`;
  return [...misspelt, ...twice, finding("manifest_out_of_scope", manifest, message)];
}
