import type { Finding } from "@aura/shared/schemas/verification-report";
import type { FileFacts, Use } from "../../sandbox/source-facts.ts";
import { type InspectionGround, isTestFile, note, productFiles, refusal } from "./ground.ts";
import { type WatchedNames, watchedNames } from "./watched-names.ts";

/** A specification that says one of these may mean a network, and nobody but a person can tell. */
const NETWORK_TOPIC =
  /\b(?:https?|urls?|network|sockets?|servers?|services?|clients?|tcp|udp|downloads?|uploads?|fetch|web|internet|dns|smtp|e-?mails?|mails?|ports?|hosts?|hostname|api|endpoints?|online|remote|proxy|feeds?|websockets?)\b/;
/** Variables by which any program may be told about its surroundings. */
const USUAL_VARIABLE =
  /^(?:HOME|USER|LOGNAME|PATH|PWD|SHELL|TMPDIR|TEMP|TMP|TZ|LANG|LANGUAGE|LC_\w+|TERM|COLUMNS|LINES|(?:NO|FORCE|CLICOLOR)_?\w*|PAGER|EDITOR|VISUAL|XDG_\w+|PORT|HOST|NODE_ENV|DEBUG|APPDATA|USERPROFILE|PYTHON\w+)$/;
const VARIABLE = /^[A-Z_][A-Z0-9_]*$/i;

/** Networks, environment variables and packages that nothing asks for. */
export function unaskedAccess(ground: InspectionGround): Finding[] {
  return productFiles(ground).flatMap((file) => [
    ...networkUse(ground, file),
    ...environmentUse(ground, file),
    ...unplannedImports(ground, file),
  ]);
}

/** The variable that a use reads; null when it reads none, or one that the source does not name. */
export function environmentName({ environment }: WatchedNames, { name, words }: Use): string | null {
  const match = environment.exec(name);
  if (match === null) return null;
  const [named] = [match[1], words[0]].filter((text) => text !== undefined);
  return named !== undefined && VARIABLE.test(named) ? named : null;
}

function networkUse({ toolchain, interfaces, known }: InspectionGround, file: FileFacts): Finding[] {
  if (interfaces.http.length > 0 || known.speaksOf(NETWORK_TOPIC)) return [];
  const { network } = watchedNames(toolchain);
  const bare = (name: string) => name.replace(/^node:/, "");
  const calls = file.uses.filter(
    ({ how, name }) => how === "call" && /^(?:fetch|WebSocket|XMLHttpRequest)$/.test(name),
  );
  const found = [...file.imports, ...calls].find(({ name }) => network.test(bare(name)));
  if (found === undefined) return [];
  const message = `uses ${found.name}, which reaches a network, and nothing in the requirements needs one. Remove it.`;
  return [refusal("network_unasked", file.path, found.line, message)];
}

function environmentUse({ toolchain, interfaces, known }: InspectionGround, file: FileFacts): Finding[] {
  const ports = new Set(interfaces.http.map(({ port_variable }) => port_variable));
  const names = watchedNames(toolchain);
  return file.uses.flatMap((use) => {
    const variable = use.how === "write" ? null : environmentName(names, use);
    if (variable === null || ports.has(variable) || USUAL_VARIABLE.test(variable) || known.has(variable)) return [];
    const message = `reads the environment variable ${variable}, which no requirement names: no test sets it.`;
    return [note("environment_unasked", file.path, use.line, message)];
  });
}

function unplannedImports(ground: InspectionGround, file: FileFacts): Finding[] {
  if (isTestFile(file.path)) return [];
  const isThere = ground.toolchain === "typescript" ? npmImports(ground) : pythonImports(ground);
  return file.imports.flatMap(({ name, line, guarded }) => {
    if (name.startsWith("data:"))
      return [refusal("code_hidden", file.path, line, "imports code out of a text. Write it as source.")];
    if (isThere(name)) return [];
    const what = `imports ${name}, which is neither part of the language nor a package of the plan nor a file of the product.`;
    return guarded
      ? [note("import_unplanned", file.path, line, `${what} What it does where that is there was never judged.`)]
      : [refusal("import_unplanned", file.path, line, `${what} Do without it.`)];
  });
}

type IsThere = (name: string) => boolean;

function pythonImports({ inspection, interfaces, tree, dependencies }: InspectionGround): IsThere {
  const standard = new Set(inspection.standard_modules);
  const planned = interfaces.modules.map(({ path }) => path); // another task may have yet to write it
  const own = new Set(
    [...tree.keys(), ...planned].flatMap((path) => path.split("/").map((part) => part.replace(/\.pyi?$/, ""))),
  );
  const packages = new Set([...dependencies.keys()].map((path) => path.split("/")[0]?.replace(/\..*$/, "") ?? ""));
  return (name) => {
    const [top = ""] = name.split(".");
    return standard.has(top) || own.has(top) || packages.has(top) || top === "__main__" || top === "__future__";
  };
}

function npmImports({ inspection, dependencies }: InspectionGround): IsThere {
  const standard = new Set(inspection.standard_modules);
  const packages = new Set([...dependencies.keys()].map((path) => packageOf(path.replace(/^node_modules\//, ""))));
  return (name) =>
    /^(?:[./#]|file:|node:)/.test(name) || standard.has(name) || packages.has(packageOf(name)) || name === "";
}

/** `a` of `a/b`, `@a/b` of `@a/b/c`. */
function packageOf(path: string): string {
  return path.split("/", path.startsWith("@") ? 2 : 1).join("/");
}
