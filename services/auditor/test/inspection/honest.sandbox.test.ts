import { afterAll, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { TYPESCRIPT_ADDER, TYPESCRIPT_ADDER_INTERFACES, TYPESCRIPT_ADDER_SUITE } from "../sandbox/adder-typescript.ts";
import { ADDER, ADDER_INTERFACES, ADDER_SUITE } from "../sandbox/products.ts";
import { SERVED, SERVED_SUITE } from "../sandbox/served.ts";
import { findingsOf } from "./inspecting.ts";
import { recordedProduct } from "./recorded-products.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

test.each(["lend", "signup"])("nothing is said of the shipped example %s", async (example) => {
  const { toolchain, plan, told, suites, tree } = recordedProduct(example);
  const { interfaces } = plan;
  for (const { prelude, tests } of suites) {
    const product = { toolchain, tree, interfaces, prelude, tests, told: [...told, JSON.stringify(plan)] };
    expect(await findingsOf(sandbox, product)).toEqual([]);
  }
});

test("nothing is said of the small products that other tests run", async () => {
  const python = { toolchain: "python", interfaces: ADDER_INTERFACES };
  const typescript = { toolchain: "typescript", interfaces: TYPESCRIPT_ADDER_INTERFACES };
  expect(await findingsOf(sandbox, { ...python, tree: ADDER, tests: ADDER_SUITE })).toEqual([]);
  expect(await findingsOf(sandbox, { ...python, tree: SERVED, tests: SERVED_SUITE })).toEqual([]);
  expect(await findingsOf(sandbox, { ...typescript, tree: TYPESCRIPT_ADDER, tests: TYPESCRIPT_ADDER_SUITE })).toEqual(
    [],
  );
});
