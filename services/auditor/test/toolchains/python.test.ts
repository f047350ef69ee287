import { expect, test } from "vitest";
import { requireToolchain } from "../../src/toolchains/registry.ts";
import type { PlanInterfaces } from "../../src/toolchains/toolchain.ts";

const python = requireToolchain("python");
const plan = (more: Partial<PlanInterfaces>): PlanInterfaces => ({ modules: [], cli: [], http: [], ...more });

test("a plan's commands must start a module or script of the product", () => {
  const cli = (command: string[]) => [{ name: "tally", command, usage: "tally" }];
  expect(python.interfaceFindings(plan({ cli: cli(["python3", "-m", "tally"]) }))).toEqual([]);
  expect(python.interfaceFindings(plan({ cli: cli(["python3", "tally.py"]) }))).toEqual([]);
  expect(python.interfaceFindings(plan({ cli: cli(["tally"]) }))).toMatchObject([
    { code: "command_unsupported", subject: "tally" },
  ]);
});

test("a module that Python cannot import is found, other files are nobody's business", () => {
  const module = (path: string) => ({ path, purpose: "does", symbols: [] });
  const findings = python.interfaceFindings(plan({ modules: [module("my-app/core.py"), module("data/schema.json")] }));
  expect(findings).toMatchObject([{ code: "module_not_importable", subject: "my-app/core.py" }]);
});

test("a command line starts the interpreter of the sandbox, and scripts of the product by their place there", () => {
  expect(python.commandLine(["python3", "-m", "tally"], ["add", "1"])).toEqual([
    "/usr/bin/python3",
    "-m",
    "tally",
    "add",
    "1",
  ]);
  expect(python.commandLine(["python", "tally.py"], ["x.py"])).toEqual([
    "/usr/bin/python3",
    "/product/tally.py",
    "x.py",
  ]);
});

test("unknown checks and oversized scripts start nothing", () => {
  expect(python.check("rm", [])).toBeNull();
  expect(python.check("script", ["x".repeat(20_001)])).toBeNull();
  expect(python.check("script", ["print(1)"])?.argv.at(-1)).toBe("print(1)");
});

test("an unknown toolchain is refused", () => {
  expect(() => requireToolchain("cobol")).toThrow(/validation_failed/);
});
