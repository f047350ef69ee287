import { findToolchain, startFiles } from "@aura/shared/models/toolchains";
import { inScope, scopesOverlap } from "@aura/shared/models/tree";
import type { PlannedTask, PlanProduct } from "@aura/shared/schemas/plan-product";
import type { TaskContextOf } from "@aura/shared/schemas/task-context";

/** What the Auditor would refuse for certain, and what would leave a developer without a requirement's text. */
export function precheckPlan(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  return [
    ...ground(plan, context),
    ...names(plan, context),
    ...(context.base_plan === null ? coverage(plan, context) : []),
    ...closedTwice(plan),
    ...order(plan.tasks),
    ...scopes(plan, context),
    ...commands(plan, context),
  ];
}

function ground(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  const { modules, cli, http } = plan.interfaces;
  const found: string[] = [];
  if (plan.toolchain !== context.toolchain.name) found.push(`toolchain must be "${context.toolchain.name}".`);
  const manifest = findToolchain(plan.toolchain)?.manifest;
  if (
    plan.dependencies.length > 0 &&
    manifest !== undefined &&
    !plan.tasks.some((task) => inScope(manifest, task.file_scope))
  )
    found.push(`There are dependencies: ${manifest}, which names them, must lie in the file_scope of one task.`);
  const tested = context.requirements.some(({ verification_method }) => verification_method !== "inspection");
  if (tested && modules.length + cli.length + http.length === 0)
    found.push("interfaces are empty: tests could reach nothing.");
  return found;
}

function names(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  const requirements = new Set(context.requirements.map((each) => each.id));
  const tasks = new Set(plan.tasks.map((task) => task.key));
  const named = [
    ...plan.components.flatMap((each) => each.requirement_ids),
    ...plan.tasks.flatMap((task) => [...task.requirement_ids, ...task.closes]),
  ];
  return [
    ...(tasks.size < plan.tasks.length ? ["Two tasks have the same key."] : []),
    ...[...new Set(named)].filter((id) => !requirements.has(id)).map((id) => `${id} is no requirement.`),
    ...plan.tasks.flatMap((task) => [
      ...task.depends_on
        .filter((key) => !tasks.has(key))
        .map((key) => `${task.key} depends on ${key}, which is no task.`),
      ...task.closes
        .filter((id) => !task.requirement_ids.includes(id))
        .map((id) => `${task.key} closes ${id}, which is not among its requirement_ids.`),
    ]),
  ];
}

function coverage(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  const given = new Set(plan.tasks.flatMap((task) => task.requirement_ids));
  const closed = new Set(plan.tasks.flatMap((task) => task.closes));
  return context.requirements.flatMap(({ id, verification_method }) => {
    if (!given.has(id)) return [`${id} is in no task's requirement_ids: nobody would build it.`];
    return verification_method === "inspection" || closed.has(id) ? [] : [`${id} is closed by no task.`];
  });
}

function closedTwice(plan: PlanProduct): string[] {
  const ids = [...new Set(plan.tasks.flatMap((task) => task.closes))];
  return ids.flatMap((id) => {
    const keys = plan.tasks.filter((task) => task.closes.includes(id)).map((task) => task.key);
    return keys.length === 1 ? [] : [`${id} is closed by ${keys.join(" and ")}: leave it in one of them.`];
  });
}

function order(tasks: readonly PlannedTask[]): string[] {
  const circular = tasks.filter((task) => ancestors(task.key, tasks).has(task.key)).map((task) => task.key);
  return circular.length === 0 ? [] : [`These tasks depend on each other in a circle: ${circular.join(", ")}.`];
}

/** Everything that a task depends on, directly or not. */
function ancestors(key: string, tasks: readonly PlannedTask[]): Set<string> {
  const found = new Set<string>();
  const open = [...(tasks.find((task) => task.key === key)?.depends_on ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    open.push(...(tasks.find((task) => task.key === next)?.depends_on ?? []));
  }
  return found;
}

function scopes(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  const all = plan.tasks.flatMap((task) => task.file_scope);
  const existing = new Set(context.base_tree.map((file) => file.path));
  const overlaps = plan.tasks.flatMap((a, index) =>
    plan.tasks
      .slice(index + 1)
      .filter((b) => a.file_scope.some((x) => b.file_scope.some((y) => scopesOverlap(x, y))))
      .filter((b) => !ancestors(a.key, plan.tasks).has(b.key) && !ancestors(b.key, plan.tasks).has(a.key))
      .map((b) => `${a.key} and ${b.key} may run at the same time and their file_scopes overlap.`),
  );
  const modules = plan.interfaces.modules
    .filter(({ path }) => !inScope(path, all) && !existing.has(path))
    .map(({ path }) => `No task's file_scope covers the module ${path}.`);
  const components = plan.components.flatMap(({ name, paths }) =>
    paths
      .filter((path) => !existing.has(path) && !all.some((scope) => scopesOverlap(scope, path)))
      .map((path) => `No task's file_scope covers ${path} of component ${name}.`),
  );
  return [...overlaps, ...modules, ...components];
}

function commands(plan: PlanProduct, context: TaskContextOf<"plan">): string[] {
  const form = findToolchain(context.toolchain.name)?.command_form;
  const reachable = [...plan.tasks.flatMap((task) => task.file_scope), ...context.base_tree.map((file) => file.path)];
  return [...plan.interfaces.cli, ...plan.interfaces.http].flatMap(({ name, command }) => {
    const files = startFiles(context.toolchain.name, command);
    if (files === null) return [`The command of ${name} must be ${form}.`];
    const startable = files.some((path) => inScope(path, reachable));
    return startable ? [] : [`The command of ${name} needs ${files[0]} in a task's file_scope.`];
  });
}
