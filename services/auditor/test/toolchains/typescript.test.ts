import { expect, test } from "vitest";
import { requireToolchain } from "../../src/toolchains/registry.ts";
import type { PlanInterfaces } from "../../src/toolchains/toolchain.ts";

const typescript = requireToolchain("typescript");
const plan = (more: Partial<PlanInterfaces>): PlanInterfaces => ({ modules: [], cli: [], http: [], ...more });

test("a plan's commands must start a file of the product with node", () => {
  const findings = (...command: string[]) =>
    typescript.interfaceFindings(plan({ cli: [{ name: "tally", command, usage: "tally" }] }));
  for (const good of [["src/main.ts"], ["main.js"], ["a/b.mts", "serve"]])
    expect(findings("node", ...good)).toEqual([]);
  const bad = [
    ["python3", "-m", "tally"],
    ["node"],
    ["node", "--test", "main.ts"],
    ["node", "/product/main.ts"],
    ["node", "../main.ts"],
    ["node", "main"],
    ["node", "main.cjs"],
    ["node", "main.d.ts"],
    ["npx", "main.ts"],
  ];
  for (const command of bad)
    expect(findings(...command)).toMatchObject([{ code: "command_unsupported", subject: "tally" }]);
});

test("a module that Node cannot import is found, other files are nobody's business", () => {
  const paths = [
    "src/a.ts",
    "b.mjs",
    "data/schema.json",
    "view.tsx",
    "old.cts",
    "types.d.ts",
    "node_modules/x/i.ts",
    "a b.ts",
  ];
  const modules = paths.map((path) => ({ path, purpose: "does", symbols: [] }));
  const findings = typescript.interfaceFindings(plan({ modules }));
  expect(findings.map(({ code }) => code)).toEqual(Array(5).fill("module_not_importable"));
  expect(findings.map(({ subject }) => subject)).toEqual(paths.slice(3));
});

test("a command line starts Node on the product's file, with what the plan fixed before a test's arguments", () => {
  expect(typescript.commandLine(["node", "src/main.ts", "serve"], ["x.ts"])).toEqual([
    "node",
    "/product/src/main.ts",
    "serve",
    "x.ts",
  ]);
});

test("unknown checks and oversized scripts start nothing", () => {
  expect(typescript.check("rm", [])).toBeNull();
  expect(typescript.check("script", ["x".repeat(20_001)])).toBeNull();
  expect(typescript.check("script", ["print(1)"])?.argv.at(-1)).toBe("print(1)");
  expect(typescript.check("run", ["main.ts", "a.ts"])?.argv).toEqual(["node", "/product/main.ts", "a.ts"]);
});
