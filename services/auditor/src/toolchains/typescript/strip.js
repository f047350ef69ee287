/**
 * Writes every source file of /product into the working directory with the bodies of its functions removed.
 *
 * Imports, constants and class structure stay, so that the module still loads; whatever is called fails, and so does a
 * file that is started. A file that cannot be read is left out. Reads the parser from stdin.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { FUNCTIONS, importParser, parseAny, ROOT, readSource, sourceFiles, writeSource } from "./sources.js";

const { parse } = await importParser(readFileSync(0, "utf8"));
const MARKER = "AURA_STUB_REACHED";
const FAILURE = `globalThis.process.stderr.write("${MARKER}\\n"); throw new Error("${MARKER}");`;

/** Bodies of the outermost functions below `node`. */
function bodiesOf(node) {
  if (FUNCTIONS.includes(node.type)) return [node.body];
  const parts = Object.values(node).flat();
  return parts.filter((part) => typeof part?.type === "string").flatMap(bodiesOf);
}

/** An expression may stand in parentheses, so what takes its place is one, too. */
const replacement = ({ type }) => (type === "BlockStatement" ? `{ ${FAILURE} }` : `(() => { ${FAILURE} })()`);

function withoutBodies(text) {
  let [result, from] = ["", 0];
  for (const body of bodiesOf(parseAny(parse, text))) {
    result += text.slice(from, body.start) + replacement(body);
    from = body.end;
  }
  return result + text.slice(from);
}

function strip(path) {
  const text = withoutBodies(readSource(path));
  const first = /^#!.*\n?/.exec(text)?.[0] ?? "";
  const started = `if (globalThis.process.argv[1] === ${JSON.stringify(join(ROOT, path))}) { ${FAILURE} }`;
  return `${first}${started}\n${text.slice(first.length)}`;
}

/** Null for what cannot be read, or overwhelms the parser: left whole, it lets no test look proved that is not. */
function tryStrip(path) {
  try {
    return strip(path);
  } catch {
    return null;
  }
}

for (const path of sourceFiles()) {
  const stripped = tryStrip(path);
  if (stripped === null) continue;
  writeSource(path, stripped);
}
