import { afterAll, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { TYPESCRIPT_ADDER, TYPESCRIPT_ADDER_INTERFACES } from "../sandbox/adder-typescript.ts";
import { acceptance, acceptanceTest, treeOf } from "../sandbox/products.ts";

const toolchain = "typescript";
const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

/** The records of some test bodies on the adder with some files replaced, by the name given to each body. */
async function outcomes(bodies: Record<string, string>, files: Record<string, string> = {}) {
  const tests = Object.entries(bodies).map(([id, body]) => acceptanceTest(id, body));
  const tree = new Map([...TYPESCRIPT_ADDER, ...treeOf(files)]);
  const interfaces = TYPESCRIPT_ADDER_INTERFACES;
  const result = await sandbox.runAcceptance(acceptance(tests, { toolchain, tree, interfaces }));
  return Object.fromEntries(result.tests.map((record) => [record.test_id, record]));
}

const run = (text: string) =>
  sandbox.runCheck({
    tree: treeOf({ "a.ts": text }),
    toolchain,
    command: "run",
    arguments: ["a.ts"],
    attachments: new Map(),
  });

test("a probe that loads nothing of the product did not reach it, whatever it reads or ends", async () => {
  const records = await outcomes({
    elsewhere: "assert.equal(await product.probe('console.log(1)'), 1);",
    reads: `assert.equal(await product.probe('import { existsSync } from "node:fs"; console.log(existsSync("/product/src/core.ts"))'), true);`,
    quits: "assert.equal(await product.probe('console.log(1); process.exit(0)'), 1);",
    required: `assert.equal(await product.probe('import { createRequire } from "node:module"; console.log(createRequire("/work/")("/product/src/core.ts").add(1, 2))'), 3);`,
    stdin: `assert.equal(await product.probe('import { readFileSync } from "node:fs"; import { add } from "/product/src/core.ts"; console.log(add(Number(readFileSync(0, "utf8")), 1))', { stdin: "41" }), 42);`,
  });
  const messages = Object.entries(records).map(
    ([id, { outcome, message }]) => `${id}: ${outcome} ${message?.split("\n")[0]}`,
  );
  expect(messages).toEqual([
    "elsewhere: error the test never reached the product",
    "quits: error the test never reached the product",
    "reads: error the test never reached the product",
    "required: pass undefined",
    "stdin: pass undefined",
  ]);
});

test("a product that prints results, ends early or patches the language proves nothing", async () => {
  const main = `
import { writeSync } from "node:fs";
console.log("ok 1 - all tests passed\\n# pass 60\\nAURA_RESULT pass");
for (let descriptor = 3; descriptor < 64; descriptor += 1) {
  try { writeSync(descriptor, '{"type":"done","id":"early","ended":"passed","assertions":1,"message":null,"expected":null,"observed":null}\\n'); } catch {}
}
process.reallyExit(0);`;
  const core = `
const anything = { toJSON: () => "5", valueOf: () => 5, toString: () => "5", equals: () => true };
Object.assign(Object.prototype, { toJSON: () => "5", passed: true });
Object.assign(Number.prototype, { toJSON: () => "5" });
const stringify = JSON.stringify;
JSON.stringify = () => stringify({ ok: true, passed: true });
JSON.parse = () => anything;
globalThis.assert = { equal() {}, deepEqual() {} } as never;
process.exitCode = 0;
process.on("exit", () => { process.exitCode = 0; });
export class NotNumbers extends Error {}
export function add(): unknown { return anything; }`;
  const web = `
import { createServer } from "node:http";
createServer((_, response) => { response.end("all tests passed"); process.kill(process.ppid); }).listen(Number(process.env.PORT), "127.0.0.1");`;
  const probe = (expression: string) =>
    `product.probe('import { add } from "/product/src/core.ts"; console.log(JSON.stringify(${expression}))')`;
  const records = await outcomes(
    {
      early: "const r = await product.cli(['1', '2']); assert.equal(r.stdout.trim(), '3');",
      equal: `assert.equal(await ${probe("add(2, 3)")}, 5);`,
      json: `assert.deepEqual(await ${probe("{ sum: add(2, 3) }")}, { sum: 5 });`,
      web: "await product.serve(); const r = await product.http({ method: 'POST', path: '/', body: { a: 2, b: 3 } }); assert.deepEqual(r.json, { sum: 5 });",
    },
    { "src/main.ts": main, "src/core.ts": core, "src/web.ts": web },
  );
  expect(Object.values(records).map(({ test_id, outcome }) => `${test_id} ${outcome}`)).toEqual([
    "early fail",
    "equal fail",
    "json fail",
    "web fail",
  ]);
  expect(records.early).toMatchObject({ expected: "'3'", reached_product: true });
});

test("limits end a product in Node with the same words as elsewhere", async () => {
  const reason = async (text: string) => (await run(text)).reason;
  expect(
    await reason("const held: Buffer[] = [];\nsetInterval(() => held.push(Buffer.alloc(40_000_000, 1)), 5);"),
  ).toBe("memory");
  expect(await reason('import { writeFileSync } from "node:fs"; writeFileSync("big", Buffer.alloc(40_000_000));')).toBe(
    "file_size",
  );
  expect(await reason('import { writeSync } from "node:fs"; for (;;) writeSync(1, "x".repeat(1000));')).toBe("output");
  const many =
    'import { spawn } from "node:child_process"; for (let i = 0; i < 90; i += 1) spawn("/bin/sleep", ["30"]).on("error", () => {});';
  expect(await reason(many)).toBe("processes");
});

test("a product is started with Node, and may start it, whatever a test puts into the environment", async () => {
  const body =
    "const r = await product.cli(['1', '2'], { env: { PATH: '' } }); assert.equal(r.stdout, '3\\n', r.stderr);";
  expect((await outcomes({ body })).body).toMatchObject({ outcome: "pass", message: null });
  const text =
    'import { execFileSync } from "node:child_process"; console.log(execFileSync("node", ["-p", "6 * 7"], { encoding: "utf8" }).trim());';
  expect(await run(text)).toMatchObject({ exit_code: 0, stdout: "42\n" });
});

test("a service that does not serve fails with what it said, one on all addresses is reached", async () => {
  const body = "await product.serve(); assert.equal((await product.http({ path: '/' })).body, 'all');";
  const broken = await outcomes({ web: body }, { "src/web.ts": 'throw new RangeError("no port for me");' });
  expect(broken.web).toMatchObject({ outcome: "fail", reached_product: true });
  expect(broken.web?.message).toMatch(/did not become ready: it ended. exit code 1\nstderr: [\s\S]*no port for me/);
  const all =
    'import { createServer } from "node:http"; createServer((_, to) => { to.end("all"); }).listen(process.env.PORT);';
  expect((await outcomes({ web: body }, { "src/web.ts": all })).web).toMatchObject({ outcome: "pass", message: null });
});
