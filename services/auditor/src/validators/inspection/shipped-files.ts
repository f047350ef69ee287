import type { Finding } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import { type InspectionGround, isTestFile, note, refusal } from "./ground.ts";

interface FileRule {
  readonly code: string;
  readonly path: RegExp;
  readonly refused: boolean;
  readonly message: string;
}

const RULES: readonly FileRule[] = [
  {
    code: "runner_configured",
    path: /(?:^|\/)(?:sitecustomize|usercustomize)(?:\.py$|\/)|^[^/]+\.pth$|(?:^|\/)(?:\.npmrc|\.yarnrc(?:\.yml)?|\.pnp\.[cm]?js|\.pypirc|pip\.conf|pyvenv\.cfg)$/,
    refused: true,
    message: "changes how the language or its package manager starts, for whatever runs beside it. Leave it out.",
  },
  {
    code: "runner_configured",
    path: /(?:^|\/)(?:node_modules|site-packages|\.venv|venv|\.husky|\.githooks)\//,
    refused: true,
    message: "belongs to an installation, not to a product. Packages come from the plan. Leave it out.",
  },
  {
    code: "runner_configured",
    path: /(?:^|\/)(?:\.gitmodules|\.mailmap|\.envrc)$/,
    refused: true,
    message: "makes tools of whoever gets the product fetch or run something. Leave it out.",
  },
  {
    code: "runner_configured",
    path: /(?:^|\/)(?:conftest\.py|pytest\.ini|tox\.ini|noxfile\.py|(?:vitest|jest)\.config\.[cm]?[jt]s|\.mocharc\.\w+)$|^\.github\/workflows\//,
    refused: false,
    message:
      "configures a test runner. The acceptance tests run without it; whoever runs the product's own tests should look at it.",
  },
  {
    code: "compiled_code",
    path: /\.(?:py[co]|so(?:\.\d+)*|pyd|node|dll|dylib|exe|class|wasm|whl|egg)$|(?:^|\/)__pycache__\//,
    refused: true,
    message: "is compiled code or a package, which nobody can look through. Ship the source.",
  },
];

/**
 * Modules that a probe, a check or Python itself loads. At the top of the product, which is on PYTHONPATH, one of these
 * names takes the place of the real one in every process.
 */
const LOADED_MODULES = new Set(
  "abc ast atexit builtins codecs collections contextlib copyreg encodings enum fnmatch functools gc genericpath heapq importlib inspect io itertools json keyword linecache logging marshal operator os pathlib pkgutil posix posixpath re reprlib runpy site stat string struct subprocess sys tempfile threading time token tokenize traceback types typing unittest urllib uuid warnings weakref zipimport".split(
    " ",
  ),
);

/** Files that do not make a product and could harm whoever gets it, by their names or by what they configure. */
export function shippedFiles(ground: InspectionGround): Finding[] {
  return [...ground.tree].flatMap(([path, body]) => [
    ...RULES.filter((rule) => rule.path.test(path)).map((rule) => byRule(path, rule)),
    ...shadowedModule(ground, path),
    ...gitAttributes(path, body),
    ...packageScripts(path, body),
  ]);
}

function byRule(path: string, { code, refused, message }: FileRule): Finding {
  return refused ? refusal(code, path, null, message) : note(code, path, null, message);
}

function shadowedModule({ toolchain, interfaces, inspection }: InspectionGround, path: string): Finding[] {
  const module = /^([A-Za-z_]\w*)(?:\.py|\/__init__\.py)$/.exec(path)?.[1];
  if (toolchain !== "python" || module === undefined) return [];
  if (!inspection.standard_modules.includes(module)) return [];
  const what = `has the name of Python's own module ${module}, and is found in its place by everything that imports it.`;
  const promised = interfaces.modules.some((planned) => planned.path === path);
  if (!LOADED_MODULES.has(module) || promised) return [note("module_shadowed", path, null, what)];
  return [refusal("module_shadowed", path, null, `${what} Give it another name, or put it into a package.`)];
}

/** Attributes may name programs that git runs on checkout or diff. */
function gitAttributes(path: string, body: Buffer): Finding[] {
  if (!/(?:^|\/)\.gitattributes$/.test(path) || !/\b(?:filter|diff|merge)\s*=/.test(body.toString("utf8"))) return [];
  const message =
    "names programs that git runs on the files of whoever gets the product. Leave out filter, diff and merge.";
  return [refusal("runner_configured", path, null, message)];
}

const Scripts = z.object({ scripts: z.record(z.string(), z.unknown()).default({}) });
const INSTALL_SCRIPT =
  /^(?:(?:pre|post)?(?:install|prepare|pack|publish|prepublish)|prepublishOnly|dependencies|(?:pre|post)uninstall)$/;

function packageScripts(path: string, body: Buffer): Finding[] {
  if (!/(?:^|\/)package\.json$/.test(path) || isTestFile(path)) return [];
  const names = Object.keys(scriptsOf(body)).filter((name) => INSTALL_SCRIPT.test(name));
  if (names.length === 0) return [];
  const message = `has the scripts ${names.join(", ")}, which run on the machine of whoever installs the product. Leave them out.`;
  return [refusal("runner_configured", path, null, message)];
}

function scriptsOf(body: Buffer): Record<string, unknown> {
  try {
    return Scripts.parse(JSON.parse(body.toString("utf8"))).scripts;
  } catch {
    return {}; // no package.json that npm would run anything of
  }
}
