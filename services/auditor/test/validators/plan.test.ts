import { expect, test } from "vitest";
import { type PlanGround, validatePlan } from "../../src/validators/plan.ts";
import { codesOf, plan, task } from "./fixtures.ts";

const GROUND: PlanGround = {
  toolchain: "python",
  known_toolchains: ["python"],
  requirements: [
    { id: "R1", testable: true, needs_closing: true },
    { id: "R2", testable: true, needs_closing: true },
    { id: "R3", testable: false, needs_closing: false },
  ],
  base_paths: [],
};

function check(change: Parameters<typeof plan>[0], ground: Partial<PlanGround> = {}) {
  return validatePlan(plan(change), { ...GROUND, ...ground });
}

test("a plan that closes every testable requirement once is sound", () => {
  expect(check({})).toEqual([]);
});

test("the toolchain is a known one and the run's", () => {
  expect(codesOf(check({ toolchain: "cobol" }))).toEqual(["toolchain_unknown"]);
  expect(codesOf(check({ toolchain: "node" }, { known_toolchains: ["python", "node"] }))).toEqual([
    "toolchain_differs",
  ]);
});

test("each testable requirement has exactly one closing task", () => {
  const [first, second] = plan().tasks;
  if (first === undefined || second === undefined) throw new Error("the plan has two tasks");
  const tasks = [first, { ...second, closes: ["R1"] }];
  expect(check({ tasks }).map(({ code, subject }) => [code, subject])).toEqual([
    ["closed_twice", "R1"],
    ["uncovered_requirement", "R2"],
  ]);
});

test("a cycle is named along its path", () => {
  const tasks = [
    task("T1", { depends_on: ["T3"], closes: ["R1"], file_scope: ["app/**"] }),
    task("T2", { depends_on: ["T1"], closes: ["R2"] }),
    task("T3", { depends_on: ["T2"] }),
  ];
  const [found] = check({ tasks }).filter(({ code }) => code === "dependency_cycle");
  expect(found?.message).toContain("T1 -> T3 -> T2 -> T1");
});

test("ids that nothing stands behind are refused", () => {
  const tasks = [...plan().tasks, task("T3", { requirement_ids: ["R9"], depends_on: ["T8"] }), task("T3")];
  expect(codesOf(check({ tasks }))).toEqual(["task_key_duplicate", "requirement_unknown", "task_unknown"]);
});

test("tasks that may run at the same time write different files", () => {
  const overlapping = { file_scope: ["app/**"], requirement_ids: ["R2"], closes: ["R2"] };
  const parallel = [task("T1", { closes: ["R1"], file_scope: ["app/core.py"] }), task("T2", overlapping)];
  const inOrder = [
    task("T1", { closes: ["R1"], file_scope: ["app/core.py"] }),
    task("T2", { ...overlapping, depends_on: ["T1"] }),
  ];
  expect(codesOf(check({ tasks: parallel }))).toEqual(["scopes_overlap"]);
  expect(check({ tasks: inOrder })).toEqual([]);
});

test("components and interface modules lie in some task's scope or in the tree that the run starts from", () => {
  const components = [{ name: "docs", purpose: "manual", paths: ["docs/**"], requirement_ids: ["R1"] }];
  const modules = [{ path: "lib/other.py", purpose: "other", symbols: [] }];
  const interfaces = { ...plan().interfaces, modules };
  expect(codesOf(check({ components, interfaces }))).toEqual(["component_out_of_scope", "module_out_of_scope"]);
  expect(codesOf(check({ interfaces }, { base_paths: ["lib/other.py"] }))).toEqual([]);
});

test("a command starts from any folder and its entry point is planned", () => {
  const withCommand = (...command: string[]) =>
    codesOf(check({ interfaces: { ...plan().interfaces, cli: [{ name: "app", command, usage: "app" }] } }));
  expect(withCommand("python3", "app/__main__.py")).toEqual(["command_not_startable"]);
  expect(withCommand("python3", "-m", "other")).toEqual(["command_not_startable"]);
  expect(withCommand("python3", "-m", "app.core")).toEqual([]);
});

test("a command has the form of the run's toolchain", () => {
  const typescript = { toolchain: "typescript", known_toolchains: ["python", "typescript"] };
  const withCommand = (...command: string[]) => {
    const interfaces = { modules: [], cli: [{ name: "app", command, usage: "app" }], http: [] };
    const tasks = [task("T1", { file_scope: ["app/**"], closes: ["R1", "R2"], requirement_ids: ["R1", "R2", "R3"] })];
    return check({ toolchain: "typescript", interfaces, tasks }, typescript);
  };
  expect(withCommand("node", "app/main.ts", "serve")).toEqual([]);
  expect(withCommand("python3", "-m", "app")).toMatchObject([
    { code: "command_not_startable", message: expect.stringContaining('Use ["node", "<path>.ts"].') },
  ]);
  for (const other of [["node", "other/main.ts"], ["node", "-e", "0"], ["node", "/product/app/main.ts"], ["node"]])
    expect(codesOf(withCommand(...other))).toEqual(["command_not_startable"]);
});

test("there is an interface where anything is tested", () => {
  const interfaces = { modules: [], cli: [], http: [] };
  expect(codesOf(check({ interfaces }))).toEqual(["interface_missing"]);
  const looked = ["R1", "R2"].map((id) => ({ id, testable: false, needs_closing: false }));
  expect(check({ interfaces }, { requirements: looked })).toEqual([]);
});

test("dependencies are written as their ecosystem has them, once, and a task may write the file that names them", () => {
  const tasks = [
    task("T1", {
      file_scope: ["app/**", "requirements.txt"],
      closes: ["R1", "R2"],
      requirement_ids: ["R1", "R2", "R3"],
    }),
  ];
  const of = (...dependencies: { name: string; version: string }[]) =>
    codesOf(check({ tasks, dependencies: dependencies.map((one) => ({ ...one, reason: "web" })) }));
  expect(of({ name: "flask", version: ">=3,<4" }, { name: "lxml", version: "" })).toEqual([]);
  expect(of({ name: "flask", version: "3" })).toEqual(["dependency_malformed"]);
  expect(of({ name: "../flask", version: "" })).toEqual(["dependency_malformed"]);
  expect(of({ name: "ruamel.yaml", version: "" }, { name: "Ruamel_Yaml", version: "" })).toEqual([
    "dependency_malformed",
  ]);
  const dependencies = [{ name: "flask", version: "", reason: "web" }];
  expect(codesOf(check({ dependencies }))).toEqual(["manifest_out_of_scope"]);
});
