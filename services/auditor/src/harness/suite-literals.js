/**
 * Reads the bodies of acceptance tests, without running them, and writes to suite.json which of their literals they hand to the product
 * and which they hold for themselves, to compare with; and the arguments of their calls.
 *
 * Stdin holds the parser, the prelude and the tests. A value that a test keeps under a name counts where the name is used.
 */
import { readFileSync, writeFileSync } from "node:fs";

const { parser, prelude, tests } = JSON.parse(readFileSync(0, "utf8"));
const { parse } = await import(`data:text/javascript,${encodeURIComponent(parser)}`);
const TEXT_MAX = 4000;
const LITERALS_MAX = 500;

const children = (node) =>
  Object.values(node)
    .flat()
    .filter((part) => typeof part?.type === "string");
const OPTIONS = {
  ecmaVersion: "latest",
  sourceType: "script",
  allowAwaitOutsideFunction: true,
  allowReturnOutsideFunction: true,
};

function tryParse(text) {
  try {
    return parse(text, OPTIONS);
  } catch {
    return { type: "Program", body: [] };
  }
}

function namesOf(pattern) {
  return pattern.type === "Identifier" ? [pattern.name] : children(pattern).flatMap(namesOf);
}

/** What each name of a program was given, as nodes. */
function declared(program, names = new Map()) {
  const give = (pattern, value) => {
    for (const name of pattern ? namesOf(pattern) : []) names.set(name, value);
  };
  if (program.type === "VariableDeclarator" && program.init) give(program.id, program.init);
  if (program.type === "ForOfStatement") give(program.left.declarations?.[0]?.id, program.right);
  if (program.type === "FunctionDeclaration") names.set(program.id.name, program);
  for (const child of children(program)) declared(child, names);
  return names;
}

function textOf(node) {
  if (node.type === "Literal")
    return typeof node.value === "string" || typeof node.value === "number" ? String(node.value) : null;
  return node.type === "TemplateElement" ? (node.value.cooked ?? null) : null;
}

/** Whether the product is called somewhere below `node`, also by functions of the suite. */
function reaches(node, names, followed = new Set()) {
  if (node.type === "Identifier" && node.name === "product") return true;
  const own = node.type === "Identifier" && !followed.has(node.name) ? names.get(node.name) : undefined;
  if (own !== undefined && /Function/.test(own.type) && reaches(own, names, followed.add(node.name))) return true;
  return children(node).some((child) => reaches(child, names, followed));
}

class TestReader {
  inputs = new Set();
  expected = new Set();
  calls = [];

  constructor(names) {
    this.names = names;
  }

  /** `product.x(...)`, or a function of the suite that calls the product. */
  callsProduct({ callee }) {
    if (callee.type === "MemberExpression") return callee.object.name === "product";
    const own = callee.type === "Identifier" ? this.names.get(callee.name) : undefined;
    return own !== undefined && /Function/.test(own.type) && reaches(own, this.names);
  }

  take(into, node, followed = new Set()) {
    const text = textOf(node)?.trim();
    if (text && into.size < LITERALS_MAX) into.add(text.slice(0, TEXT_MAX));
    const known = node.type === "Identifier" && !followed.has(node.name) ? this.names.get(node.name) : undefined;
    if (known !== undefined) this.take(into, known, new Set([...followed, node.name]));
    for (const child of children(node)) this.take(into, child, followed);
  }

  read(node) {
    if (node.type === "CallExpression" && this.callsProduct(node)) {
      const isDirect = node.callee.type === "MemberExpression"; // a function of the suite may compare as well
      for (const argument of node.arguments) this.take(this.inputs, argument);
      for (const argument of isDirect ? [] : node.arguments) this.take(this.expected, argument);
      this.note(node);
      return;
    }
    const text = textOf(node)?.trim();
    if (text && this.expected.size < LITERALS_MAX) this.expected.add(text.slice(0, TEXT_MAX));
    const known = node.type === "Identifier" ? this.names.get(node.name) : undefined;
    if (known !== undefined && !/Function/.test(known.type)) this.take(this.expected, known);
    for (const child of children(node)) this.read(child);
  }

  /** Argument lists of two and more: those of a command line, and those of calls inside a probe. */
  note({ callee, arguments: args }) {
    const list = args[0]?.type === "ArrayExpression" ? args[0].elements : args;
    const texts = list.map((node) => (node ? textOf(node.quasis?.[0] ?? node) : null));
    if (texts.length >= 2 && !texts.includes(null)) this.calls.push(texts.map((text) => text.trim()));
    const snippet = callee.property?.name === "probe" && args[0] ? (textOf(args[0].quasis?.[0] ?? args[0]) ?? "") : "";
    for (const [, inner] of snippet.matchAll(/\w\(([^()]{3,200})\)/g)) this.noteProbed(inner);
  }

  noteProbed(inner) {
    const parts = inner.split(",").map((part) => /^\s*(?:"([^"]*)"|'([^']*)'|(-?\d+(?:\.\d+)?))\s*$/.exec(part));
    if (parts.length >= 2 && !parts.includes(null)) this.calls.push(parts.map((part) => part[1] ?? part[2] ?? part[3]));
  }
}

const shared = declared(tryParse(prelude));

function literalsOf({ id, body }) {
  const program = tryParse(body);
  const reader = new TestReader(new Map([...shared, ...declared(program)]));
  reader.read(program);
  return { id, inputs: [...reader.inputs], expected: [...reader.expected], calls: reader.calls.slice(0, 200) };
}

writeFileSync("suite.json", JSON.stringify(tests.map(literalsOf)));
