import { afterAll, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { ADDER, ADDER_INTERFACES, ADDER_SUITE, acceptance, acceptanceTest, treeOf } from "../sandbox/products.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

/** The records of some test bodies on one product, by the name given to each body. */
async function outcomes(bodies: Record<string, string>, files: Record<string, string> = {}, timeoutS = 10) {
  const tests = Object.entries(bodies).map(([id, body]) => acceptanceTest(id, body, timeoutS));
  const tree = new Map([...ADDER, ...treeOf(files)]);
  const result = await sandbox.runAcceptance(acceptance(tests, { tree }));
  return Object.fromEntries(result.tests.map((record) => [record.test_id, record]));
}

test("a product that prints results, ends early or lies about equality proves nothing", async () => {
  const main = `
import os, sys
print("ok 1 - all tests passed\\n# pass 60\\nAURA_RESULT pass")
sys.stdout.flush()
for descriptor in range(3, 64):
    try: os.write(descriptor, b'{"type":"done","id":"early","ended":"passed","assertions":1,"message":null,"expected":null,"observed":null}\\n')
    except OSError: pass
os._exit(0)`;
  const core = `
class Equal(int):
    def __eq__(self, other): return True
    def __repr__(self): return "5"
class NotNumbers(ValueError): pass
def add(a, b): return Equal(7)`;
  const records = await outcomes(
    {
      early: "const r = await product.cli(['1', '2']); assert.equal(r.stdout.trim(), '3');",
      equal:
        "assert.equal(await product.probe('import json; from adder.core import add; print(json.dumps(add(2, 3)))'), 5);",
    },
    { "adder/__main__.py": main, "adder/core.py": core },
  );
  expect(records.early).toMatchObject({ outcome: "fail", expected: "'3'" });
  expect(records.equal?.outcome).toBe("fail");
});

test("a test cannot leave its context and answer for the program that holds it", async () => {
  const forged =
    '{"type":"done","id":"ID","ended":"passed","assertions":9,"message":null,"expected":null,"observed":null}';
  const leaving = (id: string, reach: string) =>
    `await product.cli(["1", "2"]); try { const reached = ${reach}("return process")(); reached.getBuiltinModule("fs").writeSync(3, ${JSON.stringify(`${forged.replace("ID", id)}\n`)}); } catch (error) { assert.equal(error.name, "EvalError"); assert.fail(error.name); }`;
  const records = await outcomes({
    outer: leaving("outer", "assert.constructor"),
    buffer: leaving("buffer", "Buffer.constructor"),
    error: leaving("error", "assert.AssertionError.constructor"),
    timer: leaving("timer", "setTimeout(() => 0, 1).constructor.constructor"),
    own: leaving("own", "(() => 0).constructor"),
    generator: leaving("generator", "Object.getPrototypeOf(async () => 0).constructor"),
  });
  expect(Object.values(records).map(({ outcome, message }) => [outcome, message?.split("\n")[0]])).toEqual(
    Array.from({ length: 6 }, () => ["fail", "EvalError"]),
  );
});

test("a test that asserts nothing, never reaches the product or forgets to wait is an error", async () => {
  const records = await outcomes({
    silent: "await product.cli(['1', '2']);",
    alone: "assert.equal(1, 1);",
    elsewhere: "assert.equal(await product.probe('print(1)'), 1);",
    hasty: "assert.equal(1, 1); product.cli(['1', '2']);",
    broken: "const x = ;",
    misuse: "await product.cli(['1'], { timeout: 3 }); assert.ok(1);",
  });
  expect(
    Object.fromEntries(
      Object.entries(records).map(([id, { outcome, message }]) => [id, `${outcome}: ${message?.split("\n")[0]}`]),
    ),
  ).toEqual({
    silent: "error: the test made no assertion",
    alone: "error: the test never reached the product",
    elsewhere: "error: the test never reached the product",
    hasty: "error: the test ended before a call to the product did: await is missing",
    broken: "error: SyntaxError: Unexpected token ';' (line 1 of the test)",
    misuse: 'error: UsageError: product.cli(args, options): 1 Unrecognized key: "timeout" (line 1 of the test)',
  });
});

test("a test that never ends is cut off and the next one still runs", async () => {
  const records = await outcomes(
    {
      loop: "while (true) {}",
      wait: "await product.probe('import adder, time; time.sleep(30)'); assert.ok(1);",
      zfine: "assert.equal((await product.cli(['1', '2'])).stdout, '3\\n');",
    },
    {},
    2,
  );
  expect([records.loop?.outcome, records.wait?.outcome, records.zfine?.outcome]).toEqual(["error", "fail", "pass"]);
});

test("tests see no process, no module and none of each other", async () => {
  const records = await outcomes({
    a: "globalThis.left = 1; Array.prototype.left = 1; assert.equal((await product.cli(['1', '2'])).exit_code, 0);",
    b: "await product.cli(['1', '2']); assert.deepEqual([typeof left, [].left, typeof process, typeof require], ['undefined', undefined, 'undefined', 'undefined']);",
    c: "await product.cli(['1', '2']); await assert.rejects(import('node:fs'));",
  });
  expect(Object.values(records).map(({ outcome, message }) => [outcome, message])).toEqual(
    Array(3).fill(["pass", null]),
  );
});

test("a call that takes too long says so to its test", async () => {
  const slow = "import time\ntime.sleep(30)\n";
  const records = await outcomes(
    {
      slow: "const r = await product.cli([], { timeout_s: 0.5 }); assert.deepEqual([r.timed_out, r.exit_code], [true, null]);",
    },
    { "adder/__main__.py": slow },
  );
  expect(records.slow?.outcome).toBe("pass");
});

test("a product that does not serve fails with what it said", async () => {
  const records = await outcomes(
    { web: "await product.serve(); assert.ok(1);" },
    { "adder/web.py": "raise SystemExit('no port for me')" },
  );
  expect(records.web).toMatchObject({ outcome: "fail", reached_product: true });
  expect(records.web?.message).toMatch(/did not become ready: it ended. exit code 1\nstderr: no port for me/);
});

test("a product cannot lead a request or a file to the machine through links", async () => {
  const swaps = `
import os
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        os.remove("/relay/socket"); os.symlink("/var/run/docker.sock", "/relay/socket")
        self.send_response(204); self.end_headers()
HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()`;
  const records = await outcomes(
    {
      files:
        "await product.cli([]); assert.equal(await product.read('etc/passwd'), null); assert.equal(await product.read('hosts'), null);",
      web: "await product.serve(); assert.ok(1);",
    },
    {
      "adder/__main__.py": "import os\nos.symlink('/etc', 'etc'); os.symlink('/etc/hosts', 'hosts')",
      "adder/web.py": swaps,
    },
    15,
  );
  expect(records.files?.outcome).toBe("pass");
  expect(records.web).toMatchObject({ outcome: "pass", message: null });
});

test("what passes on the stub is no proof: a tautology survives the removal of all bodies", async () => {
  const guard = acceptanceTest(
    "tautology",
    "const r = await product.cli(['1', '2']); assert.equal(typeof r.stdout, 'string');",
  );
  const { tree } = await sandbox.buildStub({ interfaces: ADDER_INTERFACES, toolchain: "python" });
  const onStub = await sandbox.runAcceptance(acceptance([guard], { tree }));
  expect(onStub.tests[0]).toMatchObject({ outcome: "pass", reached_stub: true });
  const stripped = await sandbox.stripBodies({ tree: ADDER, toolchain: "python" });
  const both = await sandbox.runAcceptance(acceptance([guard, ...ADDER_SUITE], { tree: stripped }));
  expect(both.tests.map(({ test_id, outcome }) => `${test_id} ${outcome}`)).toEqual([
    "cli fail",
    "files fail",
    "http fail",
    "probe fail",
    "restart fail",
    "tautology pass",
  ]);
});

test("sixty tests take seconds, and less than a minute on a busy machine", async () => {
  const tests = Array.from({ length: 60 }, (_, index) =>
    acceptanceTest(`t${index}`, `assert.equal((await product.cli(['${index}', '1'])).stdout, '${index + 1}\\n');`),
  );
  const begun = performance.now();
  const { evidence } = await sandbox.runAcceptance(acceptance(tests));
  expect(evidence.output).toMatch(/60 of 60 passed$/);
  expect(performance.now() - begun).toBeLessThan(60_000);
});
