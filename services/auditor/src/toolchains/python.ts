import { readFileSync } from "node:fs";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { specifier } from "../dependencies/package-names.ts";
import type { Launch, Toolchain } from "./toolchain.ts";

const INTERPRETER = "/usr/bin/python3";
const LAYER = "/work/layer";
const SCRIPT_BYTES_MAX = 20_000;

const readProgram = (name: string) => readFileSync(new URL(`./python/${name}.py`, import.meta.url), "utf8");
/** A program that takes the product's sources apart. */
const readDissector = (name: string) => `${readProgram("sources")}\n${readProgram(name)}`;
const PROGRAMS = {
  stub: readProgram("stub"),
  strip: readDissector("strip"),
  instrument: readDissector("instrument"),
  inspect: readDissector("inspect"),
  mutate: readDissector("mutate"),
  probe: readProgram("probe"),
  imports: readProgram("imports"),
  compile: readProgram("compile"),
  unit_tests: readProgram("unit_tests"),
};

/** One of the Auditor's own programs, with nothing of the product on its path. */
const ownProgram = (name: keyof typeof PROGRAMS) => [INTERPRETER, "-I", "-S", "-c", PROGRAMS[name]];

/** Python 3 with its standard library; products are packages or modules on PYTHONPATH. */
export const pythonToolchain: Toolchain = {
  name: "python",
  needsNode: false,

  environment: (seed) => ({
    PATH: "/usr/bin:/bin",
    HOME: "/work",
    TMPDIR: "/tmp",
    LANG: "C.UTF-8",
    PYTHONPATH: "/product:/dependencies",
    PYTHONNOUSERSITE: "1", // no usercustomize.py of the product in every process
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONHASHSEED: `${seed % 4294967296}`,
    PYTHONUTF8: "1",
  }),

  interfaceFindings: (interfaces) => [
    ...interfaces.modules.flatMap(({ path }) => moduleFindings(path)),
    ...[...interfaces.cli, ...interfaces.http].flatMap(({ name, command }) => commandFindings(name, command)),
  ],

  check: (command, args) => CHECKS.get(command)?.(args) ?? null,

  commandLine: (command, args) => [INTERPRETER, ...command.slice(1).map(inProduct), ...args],

  probe: (snippet, stdin) => ({ argv: [INTERPRETER, "-c", PROGRAMS.probe, snippet], stdin }),

  stub: (interfaces) => ({ argv: ownProgram("stub"), stdin: JSON.stringify(interfaces) }),

  strip: () => ({ argv: ownProgram("strip"), stdin: null }),

  isSource: (path) => path.endsWith(".py"),

  instrument: () => ({ argv: ownProgram("instrument"), stdin: null }),

  inspect: (literals) => ({ argv: ownProgram("inspect"), stdin: JSON.stringify(literals) }),

  mutate: (choice) => ({ argv: ownProgram("mutate"), stdin: JSON.stringify(choice) }),

  install: (dependencies, registry) => ({
    argv: [
      ...[INTERPRETER, "-I", "-m", "pip", "install", "--isolated", "--no-input", "--disable-pip-version-check"],
      ...["--only-binary", ":all:", "--no-compile", "--no-cache-dir", "--retries", "0", "--progress-bar", "off"],
      ...["--index-url", `${registry}/pypi/simple/`, "--target", LAYER, "--no-warn-script-location", "--"],
      ...dependencies.map(({ name, version }) => specifier("pypi", name, version)),
    ],
    stdin: null,
  }),

  layer: { inside: (path) => packageFile(path) },

  imports: (modules) => ({ argv: [INTERPRETER, "-c", PROGRAMS.imports], stdin: JSON.stringify(modules) }),
};

/** Scripts for a shell's path are not part of a library, and no compiled code is taken. */
function packageFile(path: string): string | null {
  if (!path.startsWith("layer/") || path.startsWith("layer/bin/") || path.includes("/__pycache__/")) return null;
  return path.slice("layer/".length);
}

type CheckLaunch = (args: readonly string[]) => Launch | null;

const CHECKS: ReadonlyMap<string, CheckLaunch> = new Map<string, CheckLaunch>([
  ["compile", () => ({ argv: ownProgram("compile"), stdin: null })],
  ["unit_tests", () => ({ argv: [INTERPRETER, "-c", PROGRAMS.unit_tests], stdin: null })],
  ["run", (args) => ({ argv: [INTERPRETER, ...args], stdin: null })],
  ["script", ([program = ""]) => script(program)],
]);

function script(program: string): Launch | null {
  if (Buffer.byteLength(program) > SCRIPT_BYTES_MAX) return null;
  return { argv: [INTERPRETER, "-c", program], stdin: null };
}

/** A script named by a relative path lies in the product, while the process starts elsewhere. */
function inProduct(part: string): string {
  return part.endsWith(".py") && !part.startsWith("/") ? `/product/${part}` : part;
}

function moduleFindings(path: string): Finding[] {
  const parts = path.replace(/\.py$/, "").split("/");
  const importable = path.endsWith(".py") && parts.every((part) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(part));
  if (importable || !path.endsWith(".py")) return [];
  return [
    {
      code: "module_not_importable",
      message: `Python cannot import ${path}: every part of its path must be a name`,
      subject: path,
    },
  ];
}

function commandFindings(name: string, command: readonly string[]): Finding[] {
  const [program = "", option, module] = command;
  const isModule = option === "-m" && /^[A-Za-z_][\w.]*$/.test(module ?? "");
  const isScript = option?.endsWith(".py") ?? false;
  if (/^python3?$/.test(program) && (isModule || isScript)) return [];
  const message = `the command must be ["python3", "-m", "<package>"], not ${JSON.stringify(command)}`;
  return [{ code: "command_unsupported", message, subject: name }];
}
