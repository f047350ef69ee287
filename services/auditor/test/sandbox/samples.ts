import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { PlanInterfaces } from "../../src/sandbox/port.ts";
import { TYPESCRIPT_ADDER, TYPESCRIPT_ADDER_INTERFACES, TYPESCRIPT_ADDER_SUITE } from "./adder-typescript.ts";
import { ADDER, ADDER_INTERFACES, ADDER_SUITE, treeOf } from "./products.ts";

/** One product in one language, and what a sandbox is tried with in that language. */
export interface Sample {
  readonly toolchain: string;
  readonly tree: Tree;
  readonly interfaces: PlanInterfaces;
  readonly suite: readonly AcceptanceTest[];
  /** The module of `tree` that holds `add`. */
  readonly core: string;
  /** In place of the core: subtracts; ends the process when it is imported. */
  readonly subtracts: string;
  readonly quits: string;
  /** Arguments of the check `run` that add 3 and 4. */
  readonly run: readonly string[];
  readonly unitTests: RegExp;
  readonly printsRates: string;
  readonly writesProduct: string;
  /** A probe that takes 50 s. */
  readonly sleeps: string;
}

const python: Sample = {
  toolchain: "python",
  tree: ADDER,
  interfaces: ADDER_INTERFACES,
  suite: ADDER_SUITE,
  core: "adder/core.py",
  subtracts: "class NotNumbers(ValueError): pass\ndef add(a, b): return a - b\n",
  quits: "import os; os._exit(0)",
  run: ["-m", "adder", "3", "4"],
  unitTests: /Ran 1 test\n\nOK/,
  printsRates: "print(open('attachments/rates.csv').read())",
  writesProduct: "open('/product/x', 'w')",
  sleeps: "import adder, time; time.sleep(50)",
};

const typescript: Sample = {
  toolchain: "typescript",
  tree: TYPESCRIPT_ADDER,
  interfaces: TYPESCRIPT_ADDER_INTERFACES,
  suite: TYPESCRIPT_ADDER_SUITE,
  core: "src/core.ts",
  subtracts:
    "export class NotNumbers extends Error {}\nexport function add(a: number, b: number): number { return a - b; }\n",
  quits: "process.reallyExit(0);\n",
  run: ["src/main.ts", "3", "4"],
  unitTests: /tests 1\n[\s\S]*fail 0\n/,
  printsRates: 'import { readFileSync } from "node:fs"; console.log(readFileSync("attachments/rates.csv", "utf8"));',
  writesProduct: 'import { writeFileSync } from "node:fs"; writeFileSync("/product/x", "");',
  sleeps: 'import "/product/src/core.ts"; setTimeout(() => undefined, 50_000);',
};

export const SAMPLES: readonly Sample[] = [python, typescript];

export const withCore = ({ tree, core }: Sample, text: string): Tree => new Map([...tree, ...treeOf({ [core]: text })]);
