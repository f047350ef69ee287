/**
 * For every program here that takes a product apart: where its sources are, how they are read, what their functions are
 * called, and how a changed source is kept.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

export const ROOT = "/product";
const SOURCE = /\.[cm]?[jt]s$/;
const TYPED = /\.[cm]?ts$/;
export const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];

export const importParser = (text) => import(`data:text/javascript,${encodeURIComponent(text)}`);

export function sourceFiles() {
  const entries = readdirSync(ROOT, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  return paths.filter((path) => SOURCE.test(path)).sort();
}

/** A source without types; each character stays at its place. */
export function readSource(path) {
  const source = readFileSync(join(ROOT, path), "utf8");
  return TYPED.test(path) ? stripTypeScriptTypes(source) : source;
}

/** Under the working directory. */
export function writeSource(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** As a module, else as a script. */
export function parseAny(parse, text) {
  const options = { ecmaVersion: "latest", allowHashBang: true, locations: true };
  try {
    return parse(text, { ...options, sourceType: "module" });
  } catch {
    return parse(text, { ...options, sourceType: "script", allowReturnOutsideFunction: true });
  }
}

/** What a reader calls a function or class: its own name, or that of what it is assigned to. */
export function ownName(node, parent) {
  const named = node.id ?? parent?.key ?? parent?.id ?? parent?.left?.property ?? parent?.left;
  return named?.name ?? named?.value ?? "(anonymous)";
}
