/**
 * Writes every source file of /product into the working directory so that each function says once a process that it was
 * reached: its body first writes `AURA_REACHED <n>` to stderr, as a line of its own.
 *
 * Prints a JSON array of the functions, one {path, name, line} for each n. A file that cannot be read is left out. Reads
 * the parser from stdin.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join, relative } from "node:path";

const { parse } = await import(`data:text/javascript,${encodeURIComponent(readFileSync(0, "utf8"))}`);
const ROOT = "/product";
const SOURCE = /\.[cm]?[jt]s$/;
const TYPED = /\.[cm]?ts$/;
const FUNCTIONS_MAX = 20_000;
const FUNCTIONS = ["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"];
const HELPER =
  'function _aura_reach(n) { const seen = globalThis._aura_seen ??= new Set(); if (seen.has(n)) return; seen.add(n); try { globalThis.process.getBuiltinModule("fs").writeSync(2, "\\nAURA_REACHED " + n + "\\n"); } catch {} }';
const functions = [];

function sourceFiles() {
  const entries = readdirSync(ROOT, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
  return paths.filter((path) => SOURCE.test(path)).sort();
}

function parseAny(text) {
  const options = { ecmaVersion: "latest", allowHashBang: true, locations: true };
  try {
    return parse(text, { ...options, sourceType: "module" });
  } catch {
    return parse(text, { ...options, sourceType: "script", allowReturnOutsideFunction: true });
  }
}

const nameOf = (node) => node?.name ?? node?.value ?? null;

/** What a reader calls it: its own name, or that of what it is assigned to. */
function ownName(node, parent) {
  return nameOf(node.id ?? parent?.key ?? parent?.id ?? parent?.left?.property ?? parent?.left) ?? "(anonymous)";
}

/** Every function below `node`, the outer ones first. */
function functionsOf(node, parent, outer) {
  const isFunction = FUNCTIONS.includes(node.type);
  const isNamed = isFunction || node.type === "ClassDeclaration" || node.type === "ClassExpression";
  const names = isNamed ? [...outer, ownName(node, parent)] : outer;
  const own = isFunction ? [{ node, name: names.join(".") }] : [];
  const parts = Object.values(node).flat();
  return [
    ...own,
    ...parts.filter((part) => typeof part?.type === "string").flatMap((part) => functionsOf(part, node, names)),
  ];
}

/** Directives such as "use strict" stay the first statements of a body. */
function bodyStart({ body }) {
  const directives = body.body.filter((statement) => statement.directive !== undefined);
  return directives.at(-1)?.end ?? body.start + 1;
}

/** @returns pieces of text to put in, by their place */
function probes({ node }, n) {
  if (node.body.type === "BlockStatement") return [{ at: bodyStart(node), text: ` _aura_reach(${n}); ` }];
  return [
    { at: node.body.start, text: `(_aura_reach(${n}), ` },
    { at: node.body.end, text: ")" },
  ];
}

function withPieces(text, pieces) {
  let [result, from] = ["", 0];
  for (const { at, text: piece } of pieces.toSorted((a, b) => a.at - b.at)) {
    result += text.slice(from, at) + piece;
    from = at;
  }
  return result + text.slice(from);
}

function instrument(path, source) {
  const text = TYPED.test(path) ? stripTypeScriptTypes(source) : source;
  const found = functionsOf(parseAny(text), null, []);
  const pieces = found.flatMap((each, index) => probes(each, functions.length + index));
  functions.push(...found.map(({ node, name }) => ({ path, name, line: node.loc.start.line })));
  return `${withPieces(text, pieces)}\n${HELPER}\n`;
}

/** Null for what cannot be read, or overwhelms the parser. */
function tryInstrument(path) {
  try {
    return instrument(path, readFileSync(join(ROOT, path), "utf8"));
  } catch {
    return null;
  }
}

for (const path of sourceFiles()) {
  const text = tryInstrument(path);
  if (text === null) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(JSON.stringify(functions.slice(0, FUNCTIONS_MAX)));
