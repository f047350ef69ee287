/**
 * Holds the tests: runs as a sandboxed process of its own that has no file of the product. Line-delimited JSON on
 * descriptor 3: the parent sends `test` and `reply`, this sends `call` and `done`. What a test prints goes nowhere.
 *
 * Each test gets a fresh context, so that no test finds what another left behind. Values that cross are parsed inside
 * that context, because deep equality compares prototypes.
 */
import assert from "node:assert/strict";
import net from "node:net";
import { inspect } from "node:util";
import vm from "node:vm";

const TEXT_MAX = 2000;
const channel = new net.Socket({ fd: 3, readable: true, writable: true });
const waiting = new Map();
let calls = 0;
let current = null;

const send = (message) => channel.write(`${JSON.stringify(message)}\n`);

const FACADE = `(call, seed) => {
  const parse = JSON.parse, text = JSON.stringify, Failure = Error;
  const cross = async (method, args) => {
    const reply = parse(await call(method, text(args)));
    if (reply.ok) return reply.value;
    const failure = new Failure(reply.message);
    failure.name = reply.name;
    throw failure;
  };
  let state = seed >>> 0;
  Math.random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const methods = ["cli", "probe", "write", "read", "files", "serve", "http", "stop"];
  return Object.freeze(Object.fromEntries(methods.map((method) => [method, (...args) => cross(method, args)])));
}`;

function callParent(method, argsText) {
  calls += 1;
  const call = calls;
  send({ type: "call", call, method, args: argsText });
  return new Promise((resolve) => waiting.set(call, resolve));
}

/** node:assert/strict that counts its calls. */
function countedAssert(count) {
  const wrap = (check) =>
    function counted(...args) {
      count();
      return check(...args);
    };
  const api = wrap(assert);
  for (const [name, value] of Object.entries(assert)) {
    api[name] = typeof value === "function" && name !== "AssertionError" ? wrap(value) : value;
  }
  api.strict = api;
  return api;
}

function newContext(test, count) {
  const silent = () => undefined;
  const console = { log: silent, error: silent, warn: silent, info: silent, debug: silent };
  const sandbox = { assert: countedAssert(count), console, Buffer, URL, URLSearchParams, TextEncoder, TextDecoder };
  Object.assign(sandbox, { setTimeout, clearTimeout, structuredClone, atob, btoa });
  const context = vm.createContext(sandbox, { codeGeneration: { strings: false, wasm: false } });
  sandbox.product = vm.runInContext(FACADE, context)(callParent, test.seed);
  return context;
}

/** Prelude and body in strict mode, as a module would be; line 1 of each is its own first line. */
async function evaluate(test, count) {
  const context = newContext(test, count);
  vm.runInContext(`"use strict";${test.prelude}\n`, context, { filename: "prelude.js" });
  const body = `"use strict";(async () => {\n${test.body}\n})()`;
  await vm.runInContext(body, context, { filename: "test.js", lineOffset: -1 });
}

async function run(test) {
  let assertions = 0;
  const stray = new Promise((_, reject) => {
    current = { reject };
  });
  stray.catch(() => undefined);
  try {
    await Promise.race([evaluate(test, () => (assertions += 1)), stray]);
    await Promise.race([new Promise((resolve) => setImmediate(resolve)), stray]);
    done(test, { ended: "passed", assertions });
  } catch (error) {
    done(test, { assertions, ...describe(error, test) });
  }
  current = null;
  waiting.clear();
}

function done(test, outcome) {
  send({ type: "done", id: test.id, message: null, expected: null, observed: null, ...outcome });
}

function describe(error, test) {
  if (error instanceof assert.AssertionError) {
    const message = error.generatedMessage && error.operator === "==" ? falsy(error, test) : error.message;
    return { ended: "assertion", message: cut(message), expected: show(error.expected), observed: show(error.actual) };
  }
  const name = String(error?.name ?? "Error");
  const place = placeOf(error);
  const where = place === null ? "" : ` (line ${place} of the test)`;
  const text = `${error?.message ?? inspect(error)}`;
  if (name === "ProductError") return { ended: "product", message: cut(text) };
  return { ended: "error", message: cut(`${name}: ${text}${where}`) };
}

/** Node would quote this program, which made the call for the test; the test's own line says more. */
function falsy(error, test) {
  const place = placeOf(error);
  const line = place === null ? "" : (test.body.split("\n")[place - 1] ?? "").trim();
  return `The expression evaluated to a falsy value: ${line}`;
}

function placeOf(error) {
  const found = /test\.js:(\d+)/.exec(String(error?.stack ?? ""));
  return found === null ? null : Number(found[1]);
}

function show(value) {
  const text = inspect(value, {
    depth: 6,
    maxStringLength: TEXT_MAX,
    maxArrayLength: 100,
    breakLength: 100,
    sorted: false,
  });
  return cut(text.replace(/\n\s+at .*/g, ""));
}

const cut = (text) => (text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)} [cut]` : text);

function receive(message) {
  if (message.type === "test") run(message);
  else if (message.type === "reply") {
    waiting.get(message.call)?.(message.text);
    waiting.delete(message.call);
  }
}

process.on("unhandledRejection", (error) => current?.reject(error));
process.on("uncaughtException", (error) => current?.reject(error));

let rest = "";
channel.setEncoding("utf8");
channel.on("data", (chunk) => {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) receive(JSON.parse(line));
});
channel.on("end", () => process.exit(0));
send({ type: "ready" });
