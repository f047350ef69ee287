/**
 * Reads every source file of /product, without running it, and writes what stands there to facts.json.
 *
 * Which of it a product may not do is decided elsewhere. Stdin holds the parser and the literals of the acceptance suite:
 * only places that hold two of them are told. Names are told in full (`process.env.PORT`), also through other names for
 * them; modules of Node without `node:`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { FUNCTIONS, importParser, parseAny, readSource, sourceFiles } from "./sources.js";

const { parser, wanted } = JSON.parse(readFileSync(0, "utf8"));
const { parse } = await importParser(parser);
const TEXT_MAX = 200;
/** Of a place that says something: a whole program would hold anything. */
const LITERALS_MAX = 12;
const GLOBALS = new Set(
  "process globalThis global JSON console Object Array String Number Function Reflect Error Math Date fetch WebSocket XMLHttpRequest eval require module BigInt Promise Buffer".split(
    " ",
  ),
);
const PRINTERS = /^(?:console\.\w+|process\.(?:stdout|stderr)\.\w+|fs\.(?:writeSync|writeFileSync|appendFileSync))$/;
const DECODERS =
  /^(?:atob|fromCharCode|fromCodePoint|inflateSync|gunzipSync|brotliDecompressSync|toString|decode|unescape)$/;
const COMPARISON = /^[=!]==?$|^[<>]=?$/;
const WANTED = new Map(wanted.map((text, index) => [text, index]));

const withoutScheme = (name) => name.replace(/^node:/, "");
const isNode = (part) => typeof part?.type === "string";
const children = (node) => Object.values(node).flat().filter(isNode);

/** The text of what is put together from constants alone, or null. */
function fold(node) {
  switch (node?.type) {
    case "Literal":
      return typeof node.value === "string" || typeof node.value === "number" ? String(node.value) : null;
    case "TemplateLiteral":
      return joined(
        "",
        [...node.quasis, ...node.expressions].toSorted((a, b) => a.start - b.start),
      );
    case "TemplateElement":
      return node.value.cooked ?? null;
    case "BinaryExpression":
      return node.operator === "+" ? joined("", [node.left, node.right]) : null;
    case "CallExpression":
      return foldJoin(node);
    default:
      return null;
  }
}

function joined(glue, nodes) {
  const parts = nodes.map(fold);
  return parts.includes(null) ? null : parts.join(glue);
}

function foldJoin({ callee, arguments: args }) {
  if (callee.type !== "MemberExpression" || callee.property.name !== "join") return null;
  if (callee.object.type !== "ArrayExpression" || args.length > 1) return null;
  const glue = args.length === 0 ? "," : fold(args[0]);
  return glue === null ? null : joined(glue, callee.object.elements);
}

/** Texts of the literals below `nodes`; one more than a place may hold that says something is enough to know. */
function literals(nodes, found = new Set()) {
  for (const node of nodes) {
    if (found.size > LITERALS_MAX) break;
    const text = fold(node)?.trim();
    if (text) found.add(text);
    else literals(children(node), found);
  }
  return [...found];
}

const isMainGuard = (text) => /\bimport\.meta\.(main|url|filename)\b|\brequire\.main\b/.test(text);

/** What the body of a function is: `empty`, `unimplemented`, `nothing` (it gives none), or `code`. */
function bodyKind({ body }) {
  if (body.type !== "BlockStatement") return "code";
  const [first, ...more] = body.body;
  if (first === undefined) return "empty";
  if (more.length > 0) return "code";
  if (first.type === "ThrowStatement" && literals([first]).some((text) => /not (yet )?implemented|todo/i.test(text)))
    return "unimplemented";
  const none = (value) =>
    value === null || value.name === "undefined" || (value.type === "Literal" && value.value === null);
  return first.type === "ReturnStatement" && none(first.argument) ? "nothing" : "code";
}

class Reader {
  facts = { imports: [], uses: [], strings: [], functions: [], handlers: [], hidden: [], matches: [], equalities: [] };
  names = new Map();
  defined = new Map();
  seen = new Set();

  constructor(text) {
    this.text = text;
  }

  read(program) {
    this.learn(program);
    this.visit(program, { early: true, guarded: false, outer: [], around: null, parent: null, siblings: 1 });
    return this.facts;
  }

  add(kind, fact) {
    const key = kind + JSON.stringify(fact);
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.facts[kind].push(fact);
  }

  /** What names stand for, wherever in the file they are given. */
  learn(node) {
    if (node.type === "ImportDeclaration") this.learnImport(node);
    if (node.type === "FunctionDeclaration" && node.id) this.defined.set(node.id.name, node);
    for (const parameter of FUNCTIONS.includes(node.type) ? node.params : []) this.forget(parameter);
    if (node.type === "VariableDeclarator") this.learnVariable(node);
    for (const child of children(node)) this.learn(child);
  }

  learnImport({ source, specifiers }) {
    const module = withoutScheme(source.value);
    for (const { type, local, imported } of specifiers) {
      const whole = type !== "ImportSpecifier" || imported.name === "default";
      this.names.set(local.name, whole ? module : `${module}.${imported.name ?? imported.value}`);
    }
  }

  learnVariable({ id, init }) {
    if (init !== null && FUNCTIONS.includes(init.type) && id.type === "Identifier") this.defined.set(id.name, init);
    const name = init === null ? null : this.resolveValue(init);
    if (name === null) return this.forget(id);
    if (id.type === "Identifier") this.names.set(id.name, name);
    for (const property of id.type === "ObjectPattern" ? id.properties : []) {
      const target = property.value?.left ?? property.value;
      if (target?.type === "Identifier")
        this.names.set(target.name, `${name}.${property.key.name ?? property.key.value}`);
    }
  }

  /** A name of the file's own hides the global one. */
  forget(pattern) {
    if (pattern.type === "Identifier" && GLOBALS.has(pattern.name) && !this.names.has(pattern.name))
      this.names.set(pattern.name, null);
  }

  resolve(node) {
    switch (node.type) {
      case "Identifier":
        if (this.names.has(node.name)) return this.names.get(node.name);
        return GLOBALS.has(node.name) ? node.name : null;
      case "ChainExpression":
      case "AwaitExpression":
      case "ImportExpression":
        return node.type === "ImportExpression"
          ? this.moduleName(node.source)
          : this.resolve(node.expression ?? node.argument);
      case "MemberExpression":
        return this.resolveMember(node);
      case "NewExpression":
      case "CallExpression":
        return this.resolveCall(node);
      default:
        return null;
    }
  }

  /** Like `resolve`; what a call gave is its name with `()`: `Date().getHours`. */
  resolveValue(node) {
    if (node.type === "MemberExpression" && !node.computed) {
      const base = this.resolveValue(node.object);
      return base?.includes("()") ? `${base}.${node.property.name}` : this.resolve(node);
    }
    const isCall = node.type === "CallExpression" || node.type === "NewExpression";
    const known = this.resolve(node);
    const made = isCall && known === null ? this.resolveValue(node.callee) : null;
    return made === null ? known : `${made}()`;
  }

  resolveMember({ object, property, computed }) {
    const base = this.resolve(object);
    const key = computed ? fold(property) : property.name;
    if (base === null || key === null || key === undefined) return null;
    const isGlobal = base === "globalThis" || base === "global";
    return isGlobal && GLOBALS.has(key) ? key : `${base}.${key}`;
  }

  resolveCall({ callee, arguments: args }) {
    const name = callee.type === "Super" || callee.type === "Import" ? null : this.resolve(callee);
    if (name === "Error") return "Error()";
    const loads = name === "require" || name === "process.getBuiltinModule";
    return loads && args[0] !== undefined ? this.moduleName(args[0]) : null;
  }

  moduleName(node) {
    const text = fold(node);
    return text === null ? null : withoutScheme(text);
  }

  visit(node, place) {
    this.note(node, place);
    const inner = { ...place, parent: node, siblings: 1 };
    const holds = node.type === "BinaryExpression" || node.arguments?.length > 0;
    if (holds) inner.around = node;
    if (FUNCTIONS.includes(node.type)) return this.visitFunction(node, place);
    if (node.type === "ClassDeclaration" || node.type === "ClassExpression")
      inner.outer = [...place.outer, node.id?.name ?? "(anonymous)"];
    if (node.type === "TryStatement") inner.guarded = true;
    if (node.type === "ArrayExpression") inner.siblings = node.elements.length;
    const guards = node.type === "IfStatement" && isMainGuard(this.text.slice(node.test.start, node.test.end));
    for (const child of children(node)) {
      const early = place.early && !(guards && child === node.consequent);
      this.visit(child, { ...inner, early });
    }
  }

  visitFunction(node, place) {
    const name = node.id?.name ?? place.parent?.key?.name ?? place.parent?.id?.name ?? null;
    if (name !== null) {
      const full = [...place.outer, name].join(".");
      this.add("functions", { name: full, line: node.loc.start.line, body: bodyKind(node) });
    }
    const outer = name === null ? place.outer : [...place.outer, name];
    for (const child of children(node))
      this.visit(child, { ...place, early: false, outer, around: null, parent: node, siblings: 1 });
  }

  note(node, place) {
    const { line } = node.loc.start;
    const source = /^(?:Import|Export\w*)(?:Declaration|Expression)$/.test(node.type) ? node.source : null;
    if (source) this.noteImport(source, line, place.guarded);
    if (node.type === "CallExpression" || node.type === "NewExpression") this.noteCall(node, line, place);
    if (node.type === "VariableDeclarator" && node.init !== null) this.notePattern(node, line, place);
    this.noteName(node, line, place);
    const text = fold(node)?.trim() ?? "";
    if (text.length >= 3 && typeof node.value !== "number")
      this.add("strings", { text: text.slice(0, TEXT_MAX), line });
    this.noteAssociation(node, line, place);
  }

  noteImport(source, line, guarded) {
    const name = fold(source);
    if (name !== null) this.add("imports", { name, line, guarded });
  }

  noteName(node, line, place) {
    if (node.type !== "MemberExpression" && node.type !== "Identifier") return;
    const { parent } = place;
    const isPart = parent?.type === "MemberExpression" && (parent.object === node || !parent.computed);
    if (isPart || (parent?.key === node && !parent.computed && !parent.shorthand)) return;
    const name = this.resolve(node);
    if (name === null || name === undefined) return;
    const isTarget = parent?.type === "AssignmentExpression" && parent.left === node;
    const how = isTarget ? "write" : parent?.callee === node ? "call" : "read";
    this.use(name, line, how, place.early, place.around);
  }

  notePattern({ id, init }, line, place) {
    const name = id.type === "ObjectPattern" ? this.resolve(init) : null;
    if (name === null) return;
    for (const { key } of id.properties)
      if (key) this.use(`${name}.${key.name ?? key.value}`, line, "read", place.early, null);
  }

  noteCall(node, line, place) {
    const name = node.callee.type === "Super" ? null : this.resolve(node.callee);
    const args = node.arguments;
    if (name === "require" || name === "process.getBuiltinModule") this.noteImport(args[0], line, place.guarded);
    if (/^(?:Object\.defineProperty|Object\.assign|Reflect\.(?:set|defineProperty))$/.test(name ?? "") && args[0]) {
      const target = this.resolve(args[0]);
      const key = fold(args[1]) ?? "?";
      if (target !== null) this.use(`${target}.${key}`, line, "write", place.early, null);
    }
    if (/^process\.(?:on|once|addListener|prependListener)$/.test(name ?? "") && /exit/i.test(fold(args[0]) ?? ""))
      this.add("handlers", { line, early: place.early, prints: args.slice(1).some((part) => this.prints(part)) });
    const runs = name === "eval" || name === "Function" || /^vm\.(?:runIn\w+|compileFunction|Script)$/.test(name ?? "");
    const code = args.at(name === "Function" ? -1 : 0);
    if (runs && code && fold(code) === null) this.add("hidden", { line, decoded: this.decodes(code) });
  }

  /** Whether a handler writes to where answers are read; a function of another place is looked up by its name. */
  prints(node) {
    const looked = node.type === "Identifier" ? (this.defined.get(node.name) ?? node) : node;
    if (PRINTERS.test(this.resolve(looked) ?? "")) return true;
    return children(looked).some((child) => this.prints(child));
  }

  decodes(node) {
    if (DECODERS.test(node.callee?.property?.name ?? node.callee?.name ?? "")) return true;
    return children(node).some((child) => this.decodes(child));
  }

  use(name, line, how, early, around) {
    const words = around === null ? [] : literals([around]).slice(0, LITERALS_MAX);
    this.add("uses", {
      name: name.slice(0, TEXT_MAX),
      line,
      how,
      early,
      compared: COMPARISON.test(around?.operator ?? ""),
      words: words.map((word) => word.slice(0, TEXT_MAX)),
    });
  }

  /** Places that put one value beside another: entries, branches, short sequences, arguments. */
  noteAssociation(node, line, { parent, siblings }) {
    switch (node.type) {
      case "Property":
        return this.match(line, [node.key, node.value], parent?.properties?.length ?? 1);
      case "IfStatement":
      case "ConditionalExpression":
        this.match(line, [node.test, node.consequent], 1);
        return this.equal(line, node.test, [node.consequent]);
      case "SwitchCase":
        return this.match(line, [node.test, ...node.consequent].filter(Boolean), 1);
      case "ArrayExpression":
        return node.elements.length <= 6 ? this.match(line, node.elements.filter(Boolean), siblings) : undefined;
      case "CallExpression":
      case "NewExpression":
        return this.match(line, node.arguments, 1);
      case "AssignmentExpression":
        return this.match(line, [node.left, node.right], 1);
      default:
        return undefined;
    }
  }

  match(line, parts, siblings) {
    const found = literals(parts);
    const values = found.filter((text) => WANTED.has(text)).map((text) => WANTED.get(text));
    if (values.length < 2 || found.length > LITERALS_MAX) return;
    this.add("matches", { line, values: values.toSorted((a, b) => a - b), siblings });
  }

  equal(line, test, body) {
    const values = compared(test);
    if (values === null || values.length > LITERALS_MAX) return;
    const answers = literals(body).slice(0, LITERALS_MAX);
    const cut = (texts) => texts.map((text) => text.slice(0, TEXT_MAX));
    this.add("equalities", { line, values: cut(values), answers: cut(answers) });
  }
}

/** The constants that `test` wants something to be equal to, in their order; null for any other test. */
function compared(test) {
  if (test.type === "LogicalExpression" && test.operator === "&&") {
    const [left, right] = [compared(test.left), compared(test.right)];
    return left === null || right === null ? null : [...left, ...right];
  }
  if (test.type !== "BinaryExpression" || !/^===?$/.test(test.operator)) return null;
  const text = fold(test.right) ?? fold(test.left);
  return text === null ? null : [text.trim()];
}

function factsOf(path) {
  try {
    const text = readSource(path);
    return { path, readable: true, ...new Reader(text).read(parseAny(parse, text)) };
  } catch {
    return { path, readable: false, ...new Reader("").facts };
  }
}

writeFileSync("facts.json", JSON.stringify({ standard_modules: builtinModules, files: sourceFiles().map(factsOf) }));
