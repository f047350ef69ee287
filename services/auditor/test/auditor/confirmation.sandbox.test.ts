import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { afterAll, expect, test } from "vitest";
import { confirmPasses } from "../../src/auditor/confirmation.ts";
import { coverageOf } from "../../src/auditor/coverage.ts";
import { observeSuite, type SuiteGround } from "../../src/auditor/suite-run.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { verdictOf } from "../../src/validators/verdicts.ts";
import { TYPESCRIPT_ADDER, TYPESCRIPT_ADDER_INTERFACES } from "../sandbox/adder-typescript.ts";
import { ADDER, ADDER_INTERFACES, acceptanceTest, treeOf } from "../sandbox/products.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

const NONE: Tree = new Map();
const GROUND: Omit<SuiteGround, "suite" | "tree"> = {
  dependencies: NONE,
  toolchain: "python",
  interfaces: ADDER_INTERFACES,
  attachments: NONE,
  seed: 4711,
  clock_offset_s: 0,
  surroundings: "bare" as const,
};

async function confirmed(tests: readonly AcceptanceTest[], tree: Tree, more: Partial<SuiteGround> = {}) {
  const ground = { ...GROUND, tree, suite: { prelude: "", tests: [...tests], rulings: [] }, ...more };
  const run = await observeSuite(sandbox, ground, tests, []);
  return confirmPasses(sandbox, ground, tests, run);
}

const TODAY = `
const r = await product.cli(["today"]);
assert.equal(r.stdout.trim(), new Date().toISOString().slice(0, 10));`;

/** The adder with another main program. */
const withMain = (main: string) => new Map([...ADDER, ...treeOf({ "adder/__main__.py": main })]);
const sumTest = (id: string) => acceptanceTest(id, 'assert.equal((await product.cli(["1", "2"])).stdout, "3\\n");');

test("a sound product passes again with another seed, order and clock, and what was reached is named", async () => {
  const web =
    "await product.serve(); assert.equal((await product.http({ method: 'POST', path: '/', body: { a: 2, b: 3 } })).json.sum, 5);";
  const tests = [sumTest("sum"), { ...acceptanceTest("web", web), requirement_ids: ["R2"] }];
  const run = await confirmed(tests, ADDER);
  expect(run.tests.map(({ outcome }) => outcome)).toEqual(["pass", "pass"]);
  expect([...run.flaky, ...run.survivors]).toEqual([]);
  expect(run.second_run).toMatchObject({ tests: 2, agreed: 2, disagreed: [] });
  expect(run.second_run.clock_offset_s).toBeGreaterThan(30 * 86_400);
  const command = ["acceptance", "python", "seed=109440", expect.stringMatching(/^clock=\+[1-9]\d{6,7}s$/), "everyday"];
  expect(run.evidence.find(({ kind }) => kind === "confirmation_run")).toMatchObject({ command, exit_code: 0 });
  expect(coverageOf(run, tests)).toEqual({
    functions: 6,
    functions_reached: 5,
    requirements: [
      { requirement_id: "R1", functions_reached: 2 },
      { requirement_id: "R2", functions_reached: 4 },
    ],
    files: [
      { path: "adder/__main__.py", functions: 1, functions_reached: 1 },
      { path: "adder/core.py", functions: 1, functions_reached: 1 },
      { path: "adder/web.py", functions: 4, functions_reached: 3 },
    ],
    unreached: [{ path: "adder/web.py", name: "Handler.do_PUT", line: 14 }],
  });
});

test("the same holds for a product in TypeScript, whose clock is moved with that of the tests", async () => {
  const main = `
import { add } from "./core.ts";
const today = () => new Date().toISOString().slice(0, 10);
class Program {
  run = (args: readonly string[]) => args[0] === "today" ? today() : \`\${add(Number(args[0]), Number(args[1]))}\`;
  get unused() { return 1; }
}
console.log(new Program().run(process.argv.slice(2)));
`;
  const tree = new Map([...TYPESCRIPT_ADDER, ...treeOf({ "src/main.ts": main })]);
  const tests = [sumTest("sum"), acceptanceTest("today", TODAY)];
  const run = await confirmed(tests, tree, { toolchain: "typescript", interfaces: TYPESCRIPT_ADDER_INTERFACES });
  expect([...run.flaky, ...run.survivors]).toEqual([]);
  const { unreached } = coverageOf(run, tests);
  expect(unreached).toContainEqual({ path: "src/main.ts", name: "Program.unused", line: 6 });
  expect(unreached.filter(({ path }) => path === "src/main.ts" || path === "src/core.ts")).toHaveLength(1);
});

test("a product that works on some days only is unsteady, and it is named that the clock decides", async () => {
  const until = Math.floor(Date.now() / 1000) + 20 * 86_400;
  const main = `
import sys, time, datetime
from adder.core import add
def main(args):
    if args == ["today"]:
        print(datetime.datetime.now(datetime.timezone.utc).date())
    else:
        print(add(1, 2) if time.time() < ${until} else 4)
main(sys.argv[1:])
`;
  const run = await confirmed([sumTest("bomb"), acceptanceTest("today", TODAY)], withMain(main));
  expect([...run.flaky]).toEqual(["bomb"]);
  expect(run.tests.find(({ test_id }) => test_id === "bomb")?.message).toMatch(
    /^unsteady: it passed, and failed with the clock \d+ days ahead, and not with the clock of now on the same tree\.$/,
  );
  expect(run.second_run).toMatchObject({
    tests: 2,
    agreed: 1,
    disagreed: [
      {
        test_id: "bomb",
        requirement_ids: ["R1"],
        because: expect.stringMatching(/^it passed, and failed with the clock/),
      },
    ],
  });
  expect(verdictOf("R1", run)).toMatchObject({ verdict: "inconclusive", detail: "unsteady: bomb" });
});

test("a product that sleeps and waits does so with the clock moved, too", async () => {
  const main = `
import subprocess, sys, threading, time
from time import sleep
from adder.core import add
def main(args):
    begun = time.monotonic()
    sleep(0.05)
    threading.Event().wait(0.05)
    subprocess.run([sys.executable, "-c", "pass"], timeout=5)
    time.sleep(0)
    try:
        time.sleep(-1)
    except ValueError:
        print(add(1, 2) if 0.09 < time.monotonic() - begun < 20 else 4)
main(sys.argv[1:])
`;
  const run = await confirmed([sumTest("sum")], withMain(main));
  expect([...run.flaky, ...run.survivors]).toEqual([]);
  expect(run.tests.map(({ outcome }) => outcome)).toEqual(["pass"]);
  expect(run.evidence.filter(({ kind }) => kind === "confirmation_run")).toHaveLength(1);
});

test("each process of a product has a hash seed of its own, the same each time", async () => {
  const tree = withMain('print(hash("coupon") % 1000)\n');
  const calls = "const seen = []; for (let n = 0; n < 6; n += 1) seen.push((await product.cli([])).stdout.trim());";
  const asks = (id: string) => acceptanceTest(id, `${calls} assert.equal(seen.join(" "), "shown");`);
  const ground = { ...GROUND, tree, suite: { prelude: "", tests: [], rulings: [] } };
  const observed = await Promise.all([1, 2].map(() => observeSuite(sandbox, ground, [asks("one"), asks("two")], [])));
  const [first, again] = observed.map(({ tests }) => tests.map((each) => /\d+( \d+){5}/.exec(each.message ?? "")?.[0]));
  expect(new Set(first?.flatMap((numbers) => numbers?.split(" ") ?? [])).size).toBeGreaterThan(6);
  expect(again).toEqual(first);
});

test("what depends on the order of a set is unsteady, whatever the first run showed", async () => {
  const main = 'import sys\ndef main():\n    print(sorted({"a", "b"}, key=hash)[0])\nmain()\n';
  const body = 'assert.equal((await product.cli([])).stdout, "a\\n");';
  const tests = Array.from({ length: 16 }, (_, n) => acceptanceTest(`first-${n}`, body));
  const run = await confirmed(tests, withMain(main));
  expect(run.flaky.size).toBeGreaterThan(0);
  expect(
    run.tests.filter(({ outcome, test_id }) => outcome === "fail" && !run.flaky.has(test_id)).length,
  ).toBeGreaterThan(3);
  expect(verdictOf("R1", run).verdict).toBe("fail");
});

test("what works only with the variables, port or headers of a test is unsteady", async () => {
  const web = `
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(204 if self.headers["user-agent"] is None or self.path != "/plain" else 500)
        self.end_headers()
port = int(os.environ["PORT"])
if 18080 <= port < 20080 or "SHELL" not in os.environ:
    http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
`;
  const askFor = (id: string, path: string) =>
    acceptanceTest(
      id,
      `await product.serve(); assert.equal((await product.http({ method: "GET", path: "${path}" })).status, 204);`,
    );
  const onPort = await confirmed([askFor("port", "/")], new Map([...ADDER, ...treeOf({ "adder/web.py": web })]));
  expect([...onPort.flaky]).toEqual(["port"]);
  const anyPort = web.replace(/^if .*$/m, "if True:");
  const asked = [askFor("plain", "/plain"), askFor("other", "/other")];
  const run = await confirmed(asked, new Map([...ADDER, ...treeOf({ "adder/web.py": anyPort })]));
  expect([...run.flaky]).toEqual(["plain"]);
  expect(run.tests.find(({ test_id }) => test_id === "plain")?.message).toContain(
    "with the variables, the port and the headers of a person's machine",
  );
});

test("a requirement whose tests are content without the functions that only they reach has no test that counts", async () => {
  const web = `
import http.server, os
def greet():
    return "hello"
def part():
    return "bye"
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            status, text = 200, {"/hello": greet, "/bye": part}[self.path]()
        except Exception:
            status, text = 500, "failed"
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`;
  const tree = new Map([...ADDER, ...treeOf({ "adder/web.py": web })]);
  const asking = (id: string, requirement: string, path: string, claim: string) => ({
    ...acceptanceTest(
      id,
      `await product.serve(); const r = await product.http({ method: "GET", path: "${path}" }); ${claim}`,
    ),
    requirement_ids: [requirement],
  });
  const anything = "assert.ok(r.status >= 200 && r.status < 600);";
  const greets = asking("greets", "R1", "/hello", 'assert.equal(r.body, "hello");');
  const run = await confirmed([greets, asking("any", "R2", "/bye", anything)], tree);
  expect([...run.survivors]).toEqual(["any"]);
  expect(verdictOf("R1", run).verdict).toBe("pass");
  expect(verdictOf("R2", run)).toMatchObject({ verdict: "not_run", tests_total: 0 });
  const beside = asking("exact", "R2", "/bye", 'assert.equal(r.body, "bye");');
  expect([...(await confirmed([greets, asking("any", "R2", "/bye", anything), beside], tree)).survivors]).toEqual([]);
});

test("a difference that comes from the probes in the functions alone does not count", async () => {
  const main = `
import sys
from adder.core import add
def main(args):
    print(3 if chr(95) + "aura_reach" not in open(__file__).read() else 4)
main(sys.argv[1:])
`;
  const run = await confirmed([sumTest("sum")], withMain(main));
  expect([...run.flaky]).toEqual([]);
  expect(run.evidence.filter(({ kind }) => kind === "confirmation_run")).toHaveLength(4);
});

test("a test that passes although every function it reached is gone proves nothing", async () => {
  const body = 'const r = await product.cli(["1", "2"]); assert.ok(r.stdout !== "" || r.exit_code !== 0);';
  const run = await confirmed([acceptanceTest("lenient", body)], ADDER);
  expect([...run.survivors]).toEqual(["lenient"]);
  expect(verdictOf("R1", run)).toMatchObject({ verdict: "not_run", tests_total: 0 });
});
