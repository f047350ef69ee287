/** What a plan may build on. The Auditor's toolchain of the same name carries it out (services/auditor/src/toolchains). */
export interface ToolchainFacts {
  readonly name: string;
  /** Told to every agent: versions, how products are started, what is not there. */
  readonly description: string;
  /** Checks that a developer may ask for, by name. */
  readonly commands: readonly { readonly name: string; readonly does: string }[];
}

export const TOOLCHAINS: readonly ToolchainFacts[] = [
  {
    name: "python",
    description:
      "Python 3.11, standard library only; nothing can be installed. The product's files are mounted read-only and are on PYTHONPATH, so a package `tally` is started with `python3 -m tally`. It runs in a working directory that is not the product's, with an empty environment, UTF-8, no network but 127.0.0.1.",
    commands: [
      { name: "compile", does: "byte-compiles every file and reports syntax errors" },
      { name: "unit_tests", does: "python3 -m unittest discover over the product's own tests" },
      {
        name: "run",
        does: 'python3 with the given arguments, e.g. ["-m", "tally", "--help"], in an empty working directory',
      },
      { name: "script", does: "runs the one argument as a Python program with the product importable; at most 20 kB" },
    ],
  },
];

export function findToolchain(name: string): ToolchainFacts | undefined {
  return TOOLCHAINS.find((toolchain) => toolchain.name === name);
}
