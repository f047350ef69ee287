import type { Ecosystem } from "../schemas/dependencies.ts";
import { TreePath } from "../schemas/prd.ts";

/** What a plan may build on. The Auditor's toolchain of the same name carries it out (services/auditor/src/toolchains). */
export interface ToolchainFacts {
  readonly name: string;
  /** Told to every agent: versions, how products are started, what is not there. */
  readonly description: string;
  /** Checks that a developer may ask for, by name. */
  readonly commands: readonly { readonly name: string; readonly does: string }[];
  /** Where its packages come from, and the file of a product that names them. */
  readonly ecosystem: Ecosystem;
  readonly manifest: string;
  /** How a plan's command must look to start from a folder that is not the product's. */
  readonly command_form: string;
}

export const TOOLCHAINS: readonly ToolchainFacts[] = [
  {
    name: "python",
    ecosystem: "pypi",
    manifest: "requirements.txt",
    description:
      "Python 3.11: its standard library and the plan's dependencies, where it has any; nothing else is there or can be installed. The product's files are mounted read-only and are on PYTHONPATH, so a package `tally` is started with `python3 -m tally`. It runs in a working directory that is not the product's, with an empty environment, UTF-8, no network but 127.0.0.1.",
    commands: [
      { name: "compile", does: "byte-compiles every file and reports syntax errors" },
      { name: "unit_tests", does: "python3 -m unittest discover over the product's own tests" },
      {
        name: "run",
        does: 'python3 with the given arguments, e.g. ["-m", "tally", "--help"], in an empty working directory',
      },
      { name: "script", does: "runs the one argument as a Python program with the product importable; at most 20 kB" },
    ],
    command_form: '["python3", "-m", "<package>"]',
  },
  {
    name: "typescript",
    ecosystem: "npm",
    manifest: "package.json",
    description:
      'TypeScript on Node 24, which runs .ts files directly by removing the types; Node\'s standard library (`node:http`, `node:fs`, ...) and the plan\'s dependencies, where it has any; nothing else is there or can be installed, and there is no compiler. Types are not checked, only removed: erasable syntax only (no enum, no namespace, no parameter properties, no `import x = require()`), `import type` or `import { type X }` for what is only a type. ECMAScript modules: relative imports with their full ending (`import { parse } from "./parse.ts"`), named exports; a package.json, if there is one, says `"type": "module"` and has no dependencies but the plan\'s. The product\'s files are read-only under /product, so a command ["node", "src/main.ts"] starts /product/src/main.ts, and a program outside the product imports "/product/src/parse.ts". A file that is both started and imported guards its start with `if (import.meta.main)`. A program ends by itself with `process.exitCode` set: `process.exit()` cuts off what is still being written. It runs in a working directory that is not the product\'s, with an empty environment, UTF-8, no network but 127.0.0.1: a service listens on the host "127.0.0.1" and the port that it is given.',
    commands: [
      {
        name: "compile",
        does: "reads every .ts and .js file as Node would and reports syntax errors and TypeScript that cannot be erased",
      },
      { name: "unit_tests", does: "node --test over the product's own tests, all files *.test.ts" },
      {
        name: "run",
        does: 'node with the given arguments, a file of the product first, e.g. ["src/main.ts", "--help"], in an empty working directory',
      },
      {
        name: "script",
        does: "runs the one argument as a TypeScript module that may import /product/...; at most 20 kB",
      },
    ],
    command_form: '["node", "<path>.ts"]',
  },
];

export function findToolchain(name: string): ToolchainFacts | undefined {
  return TOOLCHAINS.find((toolchain) => toolchain.name === name);
}

/**
 * The files of which one must be in the product for `command` to start it from any folder.
 *
 * @returns null when the command has not the toolchain's form
 */
export function startFiles(toolchain: string, command: readonly string[]): readonly string[] | null {
  return toolchain === "typescript" ? nodeFiles(command) : pythonFiles(command);
}

function pythonFiles([program, flag, module = ""]: readonly string[]): readonly string[] | null {
  if (program !== "python3" || flag !== "-m" || !/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(module)) return null;
  const path = module.replaceAll(".", "/");
  return [`${path}/__main__.py`, `${path}.py`];
}

function nodeFiles([program, path = ""]: readonly string[]): readonly string[] | null {
  if (program !== "node" || path.startsWith("-") || !/\.m?[jt]s$/.test(path) || path.endsWith(".d.ts")) return null;
  return TreePath.safeParse(path).success ? [path] : null;
}
