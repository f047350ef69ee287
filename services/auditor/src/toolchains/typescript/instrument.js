/**
 * Writes every source file of /product into the working directory so that each function says once a process that it was
 * reached: its body begins with `_aura_reach(<n>)`, which writes `AURA_REACHED <n>` to stderr, as a line of its own; with
 * `_aura_fail()` in its place the function has no body any more.
 *
 * Prints a JSON array of the functions, one {path, name, line} for each n. A file that cannot be read is left out. Reads
 * the parser from stdin.
 */
import { readFileSync } from "node:fs";
import { FUNCTIONS, importParser, ownName, parseAny, readSource, sourceFiles, writeSource } from "./sources.js";

const { parse } = await importParser(readFileSync(0, "utf8"));
const FUNCTIONS_MAX = 20_000;
const HELPER =
  'function _aura_reach(n) { const seen = globalThis._aura_seen ??= new Set(); if (seen.has(n)) return; seen.add(n); try { globalThis.process.getBuiltinModule("fs").writeSync(2, "\\nAURA_REACHED " + n + "\\n"); } catch {} }';
const FAILURE =
  'function _aura_fail() { globalThis.process.stderr.write("AURA_STUB_REACHED\\n"); throw new Error("AURA_STUB_REACHED"); }';
const functions = [];

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

function instrument(path) {
  const text = readSource(path);
  const found = functionsOf(parseAny(parse, text), null, []);
  const pieces = found.flatMap((each, index) => probes(each, functions.length + index));
  functions.push(...found.map(({ node, name }) => ({ path, name, line: node.loc.start.line })));
  return `${withPieces(text, pieces)}\n${HELPER}\n${FAILURE}\n`;
}

/** Null for what cannot be read, or overwhelms the parser. */
function tryInstrument(path) {
  try {
    return instrument(path);
  } catch {
    return null;
  }
}

for (const path of sourceFiles()) {
  const text = tryInstrument(path);
  if (text === null) continue;
  writeSource(path, text);
}
console.log(JSON.stringify(functions.slice(0, FUNCTIONS_MAX)));
