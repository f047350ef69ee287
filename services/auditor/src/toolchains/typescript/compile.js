/** Reads every source file of /product as Node would, without running it; syntax errors go to stderr. */
import { readdirSync, readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import vm from "node:vm";

const ROOT = "/product";
const SOURCE = /\.[cm]?[jt]s$/;

function sourceFiles() {
  const entries = readdirSync(ROOT, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => SOURCE.test(path)).sort();
}

const asModule = (text, identifier) => new vm.SourceTextModule(text, { identifier });
const asCommonJs = (text, filename) => vm.compileFunction(text, ["exports", "require", "module"], { filename });

/** The ending says which of the two a file is; without a word there, Node takes what fits. */
function compile(path, text) {
  if (/\.c[jt]s$/.test(path)) return asCommonJs(text, path);
  try {
    return asModule(text, path);
  } catch (error) {
    if (/\.m[jt]s$/.test(path)) throw error;
    try {
      return asCommonJs(text, path);
    } catch {
      throw error;
    }
  }
}

/** The first line of the stack is the place, where there is one. */
function place(path, error) {
  const line = /^.*:(\d+)$/.exec(String(error.stack).split("\n")[0] ?? "")?.[1];
  return line === undefined ? path : `${path}:${line}`;
}

let failed = 0;
const paths = sourceFiles();
for (const path of paths) {
  try {
    const text = readFileSync(path, "utf8").replace(/^#!.*/, "");
    compile(path, /ts$/.test(path) ? stripTypeScriptTypes(text, { sourceUrl: path }) : text);
  } catch (error) {
    failed += 1;
    const isSyntax = error instanceof SyntaxError;
    console.error(
      isSyntax ? `${place(path, error)}: ${error.message}` : `${path}: cannot be read: it overwhelms the parser`,
    );
    if (!isSyntax) break; // which answers nothing sensible from then on
  }
}
console.log(`${paths.length} files, ${failed} with errors`);
process.exitCode = failed > 0 ? 1 : 0;
