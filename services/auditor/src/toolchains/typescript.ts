import { readFileSync } from "node:fs";
import { startFiles } from "@aura/shared/models/toolchains";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { specifier } from "../dependencies/package-names.ts";
import { PARSER } from "./javascript-parser.ts";
import type { Launch, Toolchain } from "./toolchain.ts";

const SCRIPT_BYTES_MAX = 20_000;

const readProgram = (name: string) => readFileSync(new URL(`./typescript/${name}.js`, import.meta.url), "utf8");
/** What programs share, as a module: nothing of the Auditor's lies in their sandbox. */
const SOURCES = `data:text/javascript,${encodeURIComponent(readProgram("sources"))}`;
/** A program that takes the product's sources apart. */
const readDissector = (name: string) => readProgram(name).replace('"./sources.js"', JSON.stringify(SOURCES));
const PROGRAMS = {
  stub: readProgram("stub"),
  strip: readDissector("strip"),
  instrument: readDissector("instrument"),
  inspect: readDissector("inspect"),
  mutate: readDissector("mutate"),
  touched: readProgram("touched"),
  imports: readProgram("imports"),
  compile: readProgram("compile"),
  unit_tests: readProgram("unit_tests"),
};

/** One of the Auditor's own programs. */
const ownProgram = (name: keyof typeof PROGRAMS, ...options: string[]) => [
  ...["node", "--input-type=module", "--disable-warning=ExperimentalWarning", ...options],
  ...["-e", PROGRAMS[name]],
];

/** A program that an agent wrote; it imports the product by its place, `/product/...`. */
const agentProgram = (text: string, ...options: string[]) => [
  ...["node", "--input-type=module-typescript", ...options],
  ...["-e", text],
];

/** TypeScript and JavaScript on Node, by type stripping; products are ECMAScript modules. */
export const typescriptToolchain: Toolchain = {
  name: "typescript",
  needsNode: true,

  /** Objects, maps and sets keep their order in every run, so there is nothing for a seed to fix. */
  environment: () => ({ PATH: "/usr/bin:/bin", HOME: "/work", TMPDIR: "/tmp", LANG: "C.UTF-8" }),

  interfaceFindings: (interfaces) => [
    ...interfaces.modules.flatMap(({ path }) => moduleFindings(path)),
    ...[...interfaces.cli, ...interfaces.http].flatMap(({ name, command }) => commandFindings(name, command)),
  ],

  check: (command, args) => CHECKS.get(command)?.(args) ?? null,

  commandLine: ([, script = "", ...fixed], args) => ["node", inProduct(script), ...fixed, ...args],

  probe: (snippet, stdin) => ({ argv: agentProgram(snippet, "--import", TOUCHED), stdin }),

  stub: (interfaces) => ({ argv: ownProgram("stub"), stdin: JSON.stringify({ parser: PARSER, interfaces }) }),

  strip: () => ({ argv: ownProgram("strip"), stdin: PARSER }),

  isSource: (path) => /\.[cm]?[jt]s$/.test(path),

  instrument: () => ({ argv: ownProgram("instrument"), stdin: PARSER }),

  inspect: (wanted) => ({ argv: ownProgram("inspect"), stdin: JSON.stringify({ parser: PARSER, wanted }) }),

  mutate: (choice) => ({ argv: ownProgram("mutate"), stdin: JSON.stringify({ ...choice, parser: PARSER }) }),

  install: (dependencies, registry, npm) => ({
    argv: [
      ...["node", `${npm}/bin/npm-cli.js`, "install", "--ignore-scripts", "--no-bin-links", "--omit=dev", "--no-audit"],
      ...[
        "--no-fund",
        "--no-update-notifier",
        "--no-progress",
        "--loglevel=error",
        "--fetch-retries=0",
        "--logs-max=0",
      ],
      ...["--cache=/work/cache", "--prefix=/work/layer"],
      ...[`--registry=${registry}/npm/`, "--replace-registry-host=always", "--"],
      ...dependencies.map(({ name, version }) => specifier("npm", name, version)),
    ],
    stdin: null,
  }),

  layer: { inside: (path) => packageFile(path) },

  imports: (modules) => ({ argv: ownProgram("imports"), stdin: JSON.stringify(modules) }),
};

function packageFile(path: string): string | null {
  if (!path.startsWith("layer/node_modules/") || path.startsWith("layer/node_modules/.")) return null;
  return path.slice("layer/".length);
}

const TOUCHED = `data:text/javascript,${encodeURIComponent(PROGRAMS.touched)}`;

type CheckLaunch = (args: readonly string[]) => Launch | null;

const CHECKS: ReadonlyMap<string, CheckLaunch> = new Map<string, CheckLaunch>([
  ["compile", () => ({ argv: ownProgram("compile", "--experimental-vm-modules"), stdin: null })],
  ["unit_tests", () => ({ argv: ownProgram("unit_tests"), stdin: null })],
  ["run", ([script = "", ...args]) => ({ argv: ["node", inProduct(script), ...args], stdin: null })],
  ["script", ([program = ""]) => runScript(program)],
]);

function runScript(program: string): Launch | null {
  if (Buffer.byteLength(program) > SCRIPT_BYTES_MAX) return null;
  return { argv: agentProgram(program), stdin: null };
}

/** A relative path lies in the product, while the process starts elsewhere. */
function inProduct(script: string): string {
  return script.startsWith("/") || script.startsWith("-") ? script : `/product/${script.replace(/^\.\//, "")}`;
}

/** What Node imports as an ECMAScript module, by a path that means the same as a file's name and in a URL. */
function moduleFindings(path: string): Finding[] {
  if (!/\.[cm]?[jt]sx?$/.test(path)) return [];
  const isModule = /\.m?[jt]s$/.test(path) && !path.endsWith(".d.ts");
  if (isModule && !/[%#?\s]/.test(path) && !path.split("/").includes("node_modules")) return [];
  const message = `Node cannot import ${path}: it must end with .ts, .mts, .js or .mjs, outside node_modules, without %, #, ? and spaces`;
  return [{ code: "module_not_importable", message, subject: path }];
}

function commandFindings(name: string, command: readonly string[]): Finding[] {
  if (startFiles("typescript", command) !== null) return [];
  const message = `the command must be ["node", "<path>.ts"], not ${JSON.stringify(command)}`;
  return [{ code: "command_unsupported", message, subject: name }];
}
