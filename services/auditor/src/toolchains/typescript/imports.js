/** Imports the modules of a plan (JSON on stdin) and looks for their symbols; problems go to stdout, one a line. */
import { existsSync, readFileSync, writeSync } from "node:fs";

const modules = JSON.parse(readFileSync(0, "utf8"));
const problems = [];
const exit = process.exit;
const ended = new Error("ends the program when it is imported; guard its start with if (import.meta.main)");
process.exit = () => {
  throw ended;
};

const isType = ({ signature }) => /^(export\s+)?(declare\s+)?(interface|type)\s/.test(signature.trim());
const isClass = (value) => typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));

async function load(path) {
  try {
    return await import(`/product/${path}`);
  } catch (error) {
    problems.push(error === ended ? `${path}: ${ended.message}` : `${path}: cannot be imported: ${firstLines(error)}`);
    return null;
  }
}

function firstLines(error) {
  const where = /^file:.*:\d+$/m.exec(String(error?.stack))?.[0] ?? "";
  return `${error?.name}: ${error?.message} ${where}`.trim().replaceAll("\n", " ");
}

function check(module, { name, kind }, path) {
  if (!(name in module)) problems.push(`${path}: ${kind} ${name} is missing`);
  else if (kind === "function" && typeof module[name] !== "function")
    problems.push(`${path}: ${name} is not a function`);
  else if ((kind === "class" || kind === "exception") && !isClass(module[name]))
    problems.push(`${path}: ${name} is not a class`);
  else if (kind === "exception" && !(module[name].prototype instanceof Error))
    problems.push(`${path}: ${name} is not an error`);
}

for (const { path, symbols } of modules.filter((module) => /\.m?[jt]s$/.test(module.path))) {
  const promised = symbols.filter((symbol) => !isType(symbol));
  if (!existsSync(`/product/${path}`)) problems.push(`${path}: cannot be imported: there is no such file`);
  else if (promised.length > 0) {
    const module = await load(path);
    if (module !== null) for (const symbol of promised) check(module, symbol, path);
  }
}
writeSync(1, `${problems.join("\n")}\nchecked\n`);
exit(problems.length > 0 ? 1 : 0);
