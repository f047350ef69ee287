/**
 * Writes a stub skeleton of a plan's interfaces into the working directory.
 *
 * Reads `{parser, interfaces}` as JSON from stdin and prints a JSON array of findings. Signatures come from a language
 * model: with or without `export`, `function` or an empty body, they are all read; what still cannot be read is a finding.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname } from "node:path";

const { parser, interfaces } = JSON.parse(readFileSync(0, "utf8"));
const { parse } = await import(`data:text/javascript,${encodeURIComponent(parser)}`);
const MARKER = "AURA_STUB_REACHED";
const SOURCE = /\.m?[jt]s$/;
const findings = [];

const PROLOGUE = `import { writeSync as ${MARKER}_WRITE } from "node:fs";

function ${MARKER}() {
  ${MARKER}_WRITE(2, "${MARKER}\\n"); // also seen when the caller catches what is thrown
  throw new Error("${MARKER}");
}
`;

/** Stands for a constant: every use of it fails but \`===\`, which is false, and printing it, which prints the marker. */
const CONSTANT = `
const ${MARKER}_CONSTANT = new Proxy(
  function ${MARKER}() {},
  Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((trap) => [trap, ${MARKER}])),
);
`;

const PROGRAM = `${MARKER}_WRITE(2, "${MARKER}\\n");\nprocess.exit(70);\n`;

function report(code, message, subject) {
  findings.push({ code, message, subject });
}

/** A signature without what may stand around it. */
function bare(signature) {
  const text = signature.trim().replace(/\s*(;|\{\s*(\.\.\.|…)?\s*\})$/, "");
  return text.replace(/^export\s+/, "").replace(/^(declare|abstract)\s+/, "");
}

/** Statements of the first candidate that is TypeScript and declares something, and the candidate without its types. */
function readFirst(candidates) {
  for (const candidate of candidates) {
    const text = withoutTypes(candidate);
    const nodes = text === null ? [] : statements(text);
    if (nodes.length === 1) return { text, node: nodes[0].declaration ?? nodes[0], isDefault: isDefault(nodes[0]) };
  }
  return null;
}

const isDefault = (node) => node.type === "ExportDefaultDeclaration";

function withoutTypes(text) {
  try {
    return stripTypeScriptTypes(text);
  } catch {
    return null;
  }
}

function statements(text) {
  try {
    return parse(text, { ecmaVersion: "latest", sourceType: "module" }).body;
  } catch {
    return [];
  }
}

const nameOf = (node) => (node.type === "VariableDeclaration" ? node.declarations[0].id.name : node.id?.name);
const isAsync = (node) => node.async === true || node.declarations?.[0].init?.async === true;

function stubFunction({ name, signature }, subject) {
  const [text, head] = [signature.trim(), bare(signature)];
  const read = readFirst([
    ...[text, `${text} {}`, `${head} {}`, `function ${head} {}`],
    ...[`async function ${head.replace(/^async\s+/, "")} {}`, `${head} = null`, `const ${head} = null`],
  ]);
  if (!isSound(read, ["FunctionDeclaration", "VariableDeclaration"], name, signature, subject)) return "";
  return `export ${isAsync(read.node) ? "async " : ""}function ${name}() {\n  ${MARKER}();\n}\n`;
}

function isSound(read, types, name, signature, subject) {
  if (read !== null && !read.isDefault && types.includes(read.node.type) && nameOf(read.node) === name) return true;
  const why = read?.isDefault ? "is exported by default, not by its name" : `does not declare ${name} in TypeScript`;
  report("signature_unparsable", `the signature ${why}: ${signature.slice(0, 200)}`, subject);
  return false;
}

function stubConstant({ name, signature }, subject) {
  const [text, head] = [signature.trim(), bare(signature)];
  const read = readFirst([text, `${head} = null`, `const ${head}`, `const ${head} = null`]);
  if (!isSound(read, ["VariableDeclaration"], name, signature, subject)) return "";
  return `export const ${name} = ${MARKER}_CONSTANT;\n`;
}

function stubClass(symbol, known, subject) {
  const { name, kind, signature, methods } = symbol;
  const [text, head] = [signature.trim(), bare(signature)];
  const read = readFirst([text, `${text} {}`, `${head} {}`, `class ${head} {}`]);
  if (!isSound(read, ["ClassDeclaration"], name, signature, subject)) return "";
  const base = baseOf(read.node, kind, known);
  const members = new Set(methods.map((method) => stubMember(method, subject)).filter((member) => member !== ""));
  const isError = kind === "exception" || (base !== null && !known.has(base));
  if (!isError) members.add(`  constructor() {\n    ${MARKER}();\n  }\n`);
  known.add(name);
  return `export class ${name}${base === null ? "" : ` extends ${base}`} {\n${[...members].join("")}}\n`;
}

/** Bases that exist here: the language's own errors, and classes made earlier in the same module. */
function baseOf({ superClass }, kind, known) {
  const base = superClass?.type === "Identifier" ? superClass.name : null;
  if (base !== null && (known.has(base) || isErrorClass(globalThis[base]))) return base;
  return kind === "exception" ? "Error" : null;
}

const isErrorClass = (value) => value === Error || value?.prototype instanceof Error;

/** A method that fails; nothing for a field, which a stub does not need. */
function stubMember(signature, subject) {
  const [text, head] = [signature.trim(), bare(signature)];
  const read = readFirst([text, `${text} {}`, `${head} {}`].map((member) => `class A { ${member} }`).filter(hasMember));
  const member = read?.node.body.body[0];
  if (member === undefined) {
    report("signature_unparsable", `the signature is no member of a class: ${signature.slice(0, 200)}`, subject);
    return "";
  }
  if (member.type !== "MethodDefinition") return "";
  const key = read.text.slice(member.key.start, member.key.end);
  const words = [
    member.static && "static",
    member.value.async && "async",
    ["get", "set"].find((k) => k === member.kind),
  ];
  const memberHead = [...words.filter(Boolean), member.computed ? `[${key}]` : key].join(" ");
  return `  ${memberHead}(${member.kind === "set" ? "value" : ""}) {\n    ${MARKER}();\n  }\n`;
}

/** An overload without a body is TypeScript, and nothing is left of it. */
function hasMember(text) {
  const stripped = withoutTypes(text);
  return stripped !== null && statements(stripped)[0]?.body.body.length === 1;
}

/** Shapes that only the compiler would see: they are read, and leave nothing behind. */
function isType({ kind, signature }) {
  return (
    (kind === "class" || kind === "constant") && /^(export\s+)?(declare\s+)?(interface|type)\s/.test(signature.trim())
  );
}

function checkType({ signature }, subject) {
  const text = signature.trim();
  if ([text, `${text} {}`].some((candidate) => withoutTypes(candidate)?.trim() === "")) return;
  report("signature_unparsable", `the signature declares no type in TypeScript: ${signature.slice(0, 200)}`, subject);
}

function stubSymbol(symbol, known, path) {
  const subject = `${path}:${symbol.name}`;
  if (isType(symbol)) {
    checkType(symbol, subject);
    return "";
  }
  if (symbol.kind === "function") return stubFunction(symbol, subject);
  if (symbol.kind === "constant") return stubConstant(symbol, subject);
  return stubClass(symbol, known, subject);
}

function stubModule({ path, symbols }) {
  const known = new Set();
  const order = symbols.toSorted((a, b) => Number(a.kind !== "exception") - Number(b.kind !== "exception"));
  const constant = symbols.some(({ kind }) => kind === "constant") ? CONSTANT : "";
  const parts = order.map((symbol) => stubSymbol(symbol, known, path)).filter((part) => part !== "");
  return [PROLOGUE + constant, ...parts].join("\n");
}

/** The file that a command starts: reaches the marker at once, or as a planned module when it is the one started. */
function addProgram(files, [, path = ""]) {
  const module = files.get(path);
  if (module === undefined) files.set(path, `${PROLOGUE}\n${PROGRAM}`);
  else if (!module.includes(PROGRAM)) files.set(path, `${module}\nif (import.meta.main) {\n${PROGRAM}}\n`);
}

const files = new Map(interfaces.modules.filter(({ path }) => SOURCE.test(path)).map((m) => [m.path, stubModule(m)]));
const commands = [...interfaces.cli, ...interfaces.http].map(({ command }) => command);
for (const command of commands.filter(([, path = ""]) => SOURCE.test(path))) addProgram(files, command);
for (const [path, text] of files) {
  if (statements(text).length === 0) report("signature_unparsable", "a name is declared twice in this module", path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
console.log(JSON.stringify(findings));
