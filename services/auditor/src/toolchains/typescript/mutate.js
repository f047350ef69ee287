/**
 * Changes the product at /product in one place at a time: what its tests should notice.
 *
 * Reads {parser, seed, count, functions: ["path:name", ...]} from stdin and considers these functions alone. Writes the changed
 * file of the n-th mutant to <n>/<path> in the working directory and prints a JSON array of {path, function, line, operator,
 * behaviour}. The choice follows from the seed: one change in each function, in a random order, before a second in any.
 */
import { readFileSync } from "node:fs";
import { FUNCTIONS, importParser, ownName, parseAny, readSource, writeSource } from "./sources.js";

const request = JSON.parse(readFileSync(0, "utf8"));
const { parse } = await importParser(request.parser);
const SILENT = ["toString", "inspect"];
const ANY_ORDER = ["max", "min", "log", "error"];
const BOUNDARY = "where two values are compared, equal values count on the other side";
const EQUALITY = "a check whether two values are equal has the opposite result";
const BINARY = {
  ...{ "<": ["<=", "boundary", BOUNDARY], "<=": ["<", "boundary", BOUNDARY], ">": [">=", "boundary", BOUNDARY] },
  ...{ ">=": [">", "boundary", BOUNDARY], "===": ["!==", "equality", EQUALITY], "!==": ["===", "equality", EQUALITY] },
  ...{ "==": ["!=", "equality", EQUALITY], "!=": ["==", "equality", EQUALITY] },
  "+": ["-", "arithmetic", "where it adds, it subtracts"],
  "-": ["+", "arithmetic", "where it subtracts, it adds"],
  "*": ["+", "arithmetic", "where it multiplies, it adds"],
  "/": ["*", "arithmetic", "where it divides, it multiplies"],
  "%": ["*", "arithmetic", "where it takes a remainder, it multiplies"],
  "&&": ["||", "condition", "a condition that needs all of its parts needs one"],
  "||": ["&&", "condition", "a condition that needs one of its parts needs all"],
};

const isText = (node) => node.type === "TemplateLiteral" || typeof node.value === "string";
const isStep = ({ type, left }) =>
  ["CallExpression", "AwaitExpression", "UpdateExpression"].includes(type) ||
  (type === "AssignmentExpression" && left.type === "MemberExpression");

/** Changes of one node as {start, end, text, operator, behaviour}. */
const CHANGES = {
  BinaryExpression: (node, text) => operatorChange(node, text),
  LogicalExpression: (node, text) => operatorChange(node, text),
  UnaryExpression: ({ operator, start, end, argument }, text) =>
    operator !== "!"
      ? []
      : [
          change(
            start,
            end,
            text.slice(argument.start, argument.end),
            "negation",
            "a condition that was turned round counts as it stands",
          ),
        ],
  Literal: literalChange,
  ReturnStatement: ({ argument }) =>
    argument === null ? [] : [change(argument.start, argument.end, "undefined", "returned", "it gives back nothing")],
  ThrowStatement: ({ start, end }) => [change(start, end, ";", "error", "an error is not raised")],
  ExpressionStatement: ({ start, end, expression }) =>
    isStep(expression) ? [change(start, end, ";", "step", "a step is left out")] : [],
  IfStatement: ({ test }) => [change(test.start, test.end, "false", "case", "a special case is never taken")],
  CallExpression: argumentsChange,
};

const change = (start, end, text, operator, behaviour) => ({ start, end, text, operator, behaviour });

function operatorChange({ operator, left, right }, text) {
  const found = BINARY[operator];
  if (found === undefined || (operator === "+" && (isText(left) || isText(right)))) return [];
  const start = left.end + text.slice(left.end, right.start).indexOf(operator);
  return [change(start, start + operator.length, ...found)];
}

function literalChange({ start, end, value }) {
  if (typeof value === "boolean") return [change(start, end, `${!value}`, "constant", "a yes is a no, or a no a yes")];
  if (Number.isInteger(value)) {
    return [change(start, end, `${value + 1}`, "constant", `a number is ${value + 1} instead of ${value}`)];
  }
  const isWord = typeof value === "string" && value !== "" && !value.includes(" ");
  return isWord ? [change(start, end, '""', "text", "a text is empty")] : [];
}

function argumentsChange({ callee, arguments: [first, second] }, text) {
  if (second === undefined || first.type === "SpreadElement" || second.type === "SpreadElement") return [];
  if (ANY_ORDER.includes((callee.property ?? callee).name)) return [];
  const [one, two] = [text.slice(first.start, first.end), text.slice(second.start, second.end)];
  if (one === two) return [];
  const between = text.slice(first.end, second.start);
  return [
    change(
      first.start,
      second.end,
      `${two}${between}${one}`,
      "arguments",
      "two values that are handed on are exchanged",
    ),
  ];
}

/** Keys of objects and names of members are no values. */
function valuesBelow(node) {
  const parts = Object.entries(node).filter(([field]) => field !== "key" || node.computed === true);
  return parts.flatMap(([, value]) => value).filter((part) => typeof part?.type === "string");
}

/** Every change of what lies in a function below `node`, with that function's name. */
function changesBelow(node, parent, outer, inFunction, text) {
  if (node.type.startsWith("Import") || node.directive !== undefined) return [];
  const isFunction = FUNCTIONS.includes(node.type);
  const isNamed = isFunction || node.type === "ClassDeclaration" || node.type === "ClassExpression";
  const names = isNamed ? [...outer, ownName(node, parent)] : outer;
  if (isFunction && SILENT.includes(names.at(-1))) return [];
  const name = isFunction ? names.join(".") : isNamed ? null : inFunction;
  const own = isNamed || inFunction === null ? [] : (CHANGES[node.type]?.(node, text) ?? []);
  const line = node.loc.start.line;
  return [
    ...own.map((each) => ({ ...each, function: inFunction, line })),
    ...valuesBelow(node).flatMap((part) => changesBelow(part, node, names, name, text)),
  ];
}

/** Empty for what cannot be read. */
function changesOf(path) {
  try {
    const text = readSource(path);
    return changesBelow(parseAny(parse, text), null, [], null, text).map((each) => ({ ...each, path, source: text }));
  } catch {
    return [];
  }
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function* numbers(seed) {
  for (let state = seed >>> 0; ; ) {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    yield ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }
}

function shuffled(items, chance) {
  return items
    .map((item) => ({ item, place: chance.next().value }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** In rounds: a change of each function, in a random order, before a second of any. */
function sample(changes, count, seed) {
  const chance = numbers(seed);
  const byFunction = Map.groupBy(changes, (each) => `${each.path}:${each.function}`);
  const queues = shuffled([...byFunction.keys()].sort(), chance).map((name) => shuffled(byFunction.get(name), chance));
  const rounds = Math.max(0, ...queues.map(({ length }) => length));
  const inOrder = Array.from({ length: rounds }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat();
  return inOrder.filter(isReadable).slice(0, count);
}

const withChange = ({ source, start, end, text }) => source.slice(0, start) + text + source.slice(end);

function isReadable(each) {
  try {
    parseAny(parse, withChange(each));
    return true;
  } catch {
    return false;
  }
}

const wanted = new Set(request.functions);
const paths = [...new Set(request.functions.map((name) => name.slice(0, name.lastIndexOf(":"))))].sort();
const changes = paths.flatMap(changesOf).filter((each) => wanted.has(`${each.path}:${each.function}`));
const mutants = sample(changes, request.count, request.seed);
for (const [number, each] of mutants.entries()) {
  writeSource(`${number}/${each.path}`, withChange(each));
}
console.log(
  JSON.stringify(
    mutants.map(({ path, function: name, line, operator, behaviour }) => ({
      path,
      function: name,
      line,
      operator,
      behaviour,
    })),
  ),
);
