import type { ModuleSymbol } from "@aura/shared/schemas/plan-product";
import { afterAll, expect, test } from "vitest";
import type { z } from "zod";
import { openSandbox } from "../../src/sandbox/open.ts";
import { TYPESCRIPT_ADDER_INTERFACES } from "../sandbox/adder-typescript.ts";
import { acceptance, acceptanceTest, treeOf } from "../sandbox/products.ts";

const toolchain = "typescript";
const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

type Symbol_ = z.input<typeof ModuleSymbol>;
const symbol = (kind: Symbol_["kind"], name: string, signature: string, methods: string[] = []) => ({
  kind,
  name,
  signature,
  methods,
  doc: "",
});

const stubOf = (symbols: ReturnType<typeof symbol>[]) =>
  sandbox.buildStub({
    toolchain,
    interfaces: { modules: [{ path: "shop/till.ts", purpose: "sells", symbols }], cli: [], http: [] },
  });

const check = (command: string, files: Record<string, string>, ...args: string[]) =>
  sandbox.runCheck({ tree: treeOf(files), toolchain, command, arguments: args, attachments: new Map() });

test("signatures as models write them are read, and what is not TypeScript is a finding", async () => {
  const { tree, findings } = await stubOf([
    symbol("function", "plain", "export function plain(path: string, depth?: number): Map<string, Entry[]>"),
    symbol("function", "short", "short(a: Missing, ...rest: readonly string[]): asserts a is Other;"),
    symbol("function", "later", "export async function later(): Promise<{ a: 1 }> {}"),
    symbol("function", "arrow", "export const arrow: <T>(of: T) => T | null"),
    symbol("function", "lines", "function* lines(text: string): Generator<string> { ... }"),
    symbol("class", "Till", "export class Till<T extends object> extends Base implements Iterable<T>", [
      "constructor(path: string)",
      "readonly entries: Entry[]",
      "total(depth?: number): string;",
      "async load(): Promise<void>",
      "static make(): Till<never>",
      "get size(): number",
      "private [Symbol.iterator](): Iterator<T>",
      "what is this",
      "constructor(private readonly path: string)",
    ]),
    symbol("class", "Entry", "export interface Entry { readonly date: string; amount: bigint }"),
    symbol("constant", "Kind", 'type Kind = "a" | "b"'),
    symbol("exception", "TillError", "TillError extends RangeError"),
    symbol("class", "Deep", "class Deep extends Till"),
    symbol("constant", "LIMIT", "export const LIMIT: number"),
    symbol("constant", "NAMES", 'NAMES: readonly string[] = ["a"]'),
    symbol("function", "broken", "export function broken(a b)"),
    symbol("function", "other", "export default function other()"),
    symbol("function", "wrong", "def wrong(a: int) -> int"),
  ]);
  expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    "signature_unparsable shop/till.ts:Till",
    "signature_unparsable shop/till.ts:Till",
    "signature_unparsable shop/till.ts:broken",
    "signature_unparsable shop/till.ts:other",
    "signature_unparsable shop/till.ts:wrong",
  ]);
  expect([...tree.keys()]).toEqual(["shop/till.ts"]);
  const text = tree.get("shop/till.ts")?.toString("utf8");
  for (const part of [
    "export function plain()",
    "export async function later()",
    "export function arrow()",
    "export class Till {",
    "  async load()",
    "  static make()",
    "  get size()",
    "  [Symbol.iterator]()",
    "export class TillError extends RangeError {",
    "export class Deep extends Till {",
    "export const NAMES",
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toMatch(/Entry|Kind/);
});

test("everything in a stub can be imported and fails with the marker when it is used", async () => {
  const { tree } = await stubOf([
    symbol("function", "sell", "export function sell(item: string, count?: number): number"),
    symbol("class", "Till", "export class Till", ["total(): number", "static make(): Till"]),
    symbol("constant", "LIMIT", "export const LIMIT: number"),
    symbol("exception", "TillError", "export class TillError extends RangeError"),
  ]);
  const uses = [
    "till.sell('a')",
    "new till.Till()",
    "till.Till.make()",
    "till.Till.prototype.total()",
    "till.LIMIT + 1",
  ];
  const more = ["till.LIMIT == 5", "JSON.stringify({ limit: till.LIMIT })", "String(till.LIMIT)", "till.LIMIT.length"];
  const body = `const from = 'import * as till from "/product/shop/till.ts"; console.log(';
for (const use of ${JSON.stringify([...uses, ...more])})
  await assert.rejects(product.probe(from + use + ')'), /AURA_STUB_REACHED/, use);
assert.equal(await product.probe(from + 'new till.TillError("x") instanceof RangeError)'), true);`;
  const { tests } = await sandbox.runAcceptance(acceptance([acceptanceTest("uses", body, 60)], { toolchain, tree }));
  expect(tests[0]).toMatchObject({ outcome: "pass", message: null, reached_stub: true });
});

test("a planned module that is also started reaches the marker, and can still be imported", async () => {
  const modules = [{ path: "main.ts", purpose: "all", symbols: [symbol("function", "run", "run(): void")] }];
  const cli = [{ name: "all", command: ["node", "main.ts"], usage: "all" }];
  const interfaces = { modules, cli, http: [{ ...TYPESCRIPT_ADDER_INTERFACES.http[0], command: ["node", "web.js"] }] };
  const { tree } = await sandbox.buildStub({ toolchain, interfaces: interfaces as typeof TYPESCRIPT_ADDER_INTERFACES });
  expect([...tree.keys()].sort()).toEqual(["main.ts", "web.js"]);
  const body = `const run = await product.cli([]);
assert.deepEqual([run.exit_code, run.stderr], [70, "AURA_STUB_REACHED\\n"]);
assert.equal(await product.probe('import { run } from "/product/main.ts"; console.log(JSON.stringify(typeof run))'), "function");`;
  const { tests } = await sandbox.runAcceptance(
    acceptance([acceptanceTest("both", body)], { toolchain, tree, interfaces: { modules, cli, http: [] } }),
  );
  expect(tests[0]).toMatchObject({ outcome: "pass", message: null, reached_stub: true });
});

test("bodies are removed from all kinds of functions; imports, constants and class structure stay", async () => {
  const tree = await sandbox.stripBodies({
    toolchain,
    tree: treeOf({
      "a.ts":
        '#!/usr/bin/env node\nimport { join } from "node:path";\nexport const LIMIT: number = 5;\nexport class C<T> {\n  size: number = 2;\n  constructor(a: T) { keep(a); }\n  get x(): T { return 1 as T }\n  handler = (): number => 6;\n}\nexport const f = <T>(a: T): { a: T } => ({ a });\nasync function* g(): AsyncGenerator<number> { yield 7; }\nfunction keep(é: unknown): void { const b = () => 8; }\n',
      "old.cjs": 'const path = require("node:path");\nmodule.exports = { three() { return 3; } };\nreturn;\n',
      "direct.js": "console.log(Number(process.argv[2]) + 1);\n",
      "bad.ts": "function (:",
      "enum.ts": "enum A { B }\nfunction f() {}\n",
      "data.json": "{}",
    }),
  });
  const text = (path: string) => tree.get(path)?.toString("utf8") ?? "";
  expect(text("a.ts")).toMatch(/^#!\/usr\/bin\/env node\nif \(/);
  expect(text("a.ts")).toMatch(/import \{ join \} from "node:path";\nexport const LIMIT +/);
  expect(text("a.ts")).not.toMatch(/return|yield|keep\(a\)|[678]/);
  expect(text("a.ts").match(/throw new Error\("AURA_STUB_REACHED"\)/g)).toHaveLength(7);
  expect(text("old.cjs")).not.toContain("return 3");
  expect([text("bad.ts"), text("data.json")]).toEqual(["function (:", "{}"]);
  expect(text("enum.ts")).toBe("enum A { B }\nfunction f() {}\n");
  const files = Object.fromEntries([...tree.keys()].map((path) => [path, text(path)]));
  const load = 'import { LIMIT, C } from "/product/a.ts"; import "/product/direct.js"; console.log(LIMIT, typeof C);';
  expect(await check("script", files, load)).toMatchObject({ exit_code: 0, stdout: "NaN\n5 function\n" });
  const started = await check("run", files, "direct.js", "1");
  expect(started).toMatchObject({ exit_code: 1, stdout: "" });
  expect(started.stderr).toContain("AURA_STUB_REACHED");
});

test("a file that overwhelms the parser does not compile, and lets no body removal look as if it had worked", async () => {
  const deep = `export const a = ${"[".repeat(100_000)}${"]".repeat(100_000)};\n`;
  const files = { "a.ts": deep, "b.js": deep, "c.ts": "export function f(a: number) { return a; }\n" };
  expect(await check("compile", files)).toMatchObject({
    exit_code: 1,
    stderr: "/product/a.ts: cannot be read: it overwhelms the parser\n",
  });
  const tree = await sandbox.stripBodies({ toolchain, tree: treeOf(files) });
  expect(tree.get("a.ts")?.toString()).toBe(deep);
  expect(tree.get("b.js")?.toString()).toBe(deep);
});

test("own tests are found by their name, and none at all is not success", async () => {
  const own = (line: string) =>
    `import assert from "node:assert";\nimport test from "node:test";\ntest("it", () => ${line});\n`;
  const both = await check("unit_tests", {
    "m.ts": "export const X: number = 1;\n",
    "test/m.test.ts": `import { X } from "../m.ts";\n${own("assert.equal(X, 1)")}`,
    "deep/er/x.test.mjs": own("assert.ok(true)"),
    "test/helper.ts": "throw new Error('not a test')",
  });
  expect(both).toMatchObject({ exit_code: 0 });
  expect(both.stdout).toMatch(/tests 2\n[\s\S]*pass 2\n/);
  expect(await check("unit_tests", { "f.test.ts": own("assert.fail('no')") })).toMatchObject({ exit_code: 1 });
  expect(await check("unit_tests", { "s.test.ts": "enum A { B }" })).toMatchObject({ exit_code: 1 });
  expect(await check("unit_tests", { "m.ts": "" })).toMatchObject({ exit_code: 5 });
});

test("compile reports what Node cannot read, by the product's own paths, and TypeScript that cannot be erased", async () => {
  const files = {
    "a/b.ts": "const a = 1;\nenum Colour { Red }\n",
    "a/c.ts": "class A {\n  constructor(private x: number) {}\n}\n",
    "d.ts": "let x: = 5;\n",
    "e.js": "let a = 1; let a = 2;\n",
    "f.js": "let typed: number = 1;\n",
    "good.ts": "#!/usr/bin/env node\nexport const x = await import('./good.ts') satisfies unknown;\n",
    "good.cts": "const x: number = 1; module.exports = x;\n",
    "loose.js": "with (Math) module.exports = PI;\n",
    "notes.md": "enum",
  };
  const { exit_code, stdout, stderr } = await check("compile", files);
  expect([exit_code, stdout]).toEqual([1, "8 files, 5 with errors\n"]);
  const enumLine = "/product/a/b.ts:2: TypeScript enum is not supported in strip-only mode";
  expect(stderr.split("\n").slice(0, 2)).toEqual([
    enumLine,
    "/product/a/c.ts:2: TypeScript parameter property is not supported in strip-only mode",
  ]);
  expect(stderr).toMatch(/^\/product\/d.ts:1: Unexpected token/m);
  expect(stderr).toMatch(/^\/product\/e.js: Identifier 'a' has already been declared$/m);
  expect(await check("compile", { "a.ts": "export const a: number = 1;\n" })).toMatchObject({ exit_code: 0 });
});

test("imports say what is missing, what ends the program, and that a type needs no import", async () => {
  const modules = [
    {
      path: "a.ts",
      purpose: "all",
      symbols: [
        symbol("function", "f", "function f(): void"),
        symbol("class", "C", "class C"),
        symbol("exception", "E", "class E extends Error"),
        symbol("constant", "LIMIT", "LIMIT: number"),
        symbol("class", "Entry", "export interface Entry { a: number }"),
      ],
    },
    { path: "main.ts", purpose: "starts", symbols: [] },
  ];
  const look = async (text: string, main = "process.exit(3);") =>
    (await sandbox.checkImports({ toolchain, tree: treeOf({ "a.ts": text, "main.ts": main }), modules })).output;
  const good =
    "export function f() {}\nexport class C {}\nexport class E extends RangeError {}\nexport const LIMIT = 0;\n";
  expect(await look(good)).toBe("");
  expect(await look("export const f = 1;\nexport const C = () => 1;\nexport class E {}\n")).toBe(
    ["f is not a function", "C is not a class", "E is not an error", "constant LIMIT is missing"]
      .map((problem) => `a.ts: ${problem}`)
      .join("\n"),
  );
  expect(await look("process.exit(0);")).toMatch(/^a.ts: ends the program when it is imported; guard its start/);
  expect(await look("enum A { B }")).toMatch(
    /^a.ts: cannot be imported: SyntaxError: TypeScript enum is not supported/,
  );
  expect(await look('import { x } from "./missing.ts";')).toMatch(
    /^a.ts: cannot be imported: Error: Cannot find module/,
  );
  expect(await look("await new Promise(() => undefined);")).toMatch(/importing a module ended the process/);
});
