import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { AcceptanceRequest, PlanInterfaces } from "../../src/sandbox/port.ts";

export const treeOf = (files: Record<string, string>): Tree =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, "utf8")]));

/** A small product with a library, a command line, an HTTP interface and tests of its own. */
export const ADDER = treeOf({
  "adder/__init__.py": "VERSION = '1.0'\n",
  "adder/core.py": "class NotNumbers(ValueError):\n    pass\n\n\ndef add(a, b):\n    return a + b\n",
  "adder/__main__.py": `
import os
import sys

from adder.core import add


def main(args):
    if args[0] == "show":
        print(os.getcwd(), open("note.txt").read(), sys.stdin.read())
    elif args[0] == "append":
        open("log.txt", "a").write("x")
    else:
        print(add(int(args[0]), int(args[1])))


main(sys.argv[1:])
`,
  "adder/web.py": `
import json
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from adder.core import add


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        stored = {"stored": open("stored.txt").read()} if self.path == "/stored" else {}
        self.reply(200, {"path": self.path, **stored})

    def do_PUT(self):
        open("stored.txt", "wb").write(self.rfile.read(int(self.headers["content-length"])))
        self.reply(200, {"path": self.path})

    def do_POST(self):
        pair = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.reply(201, {"sum": add(pair["a"], pair["b"])})

    def reply(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(body)


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
`,
  "tests/test_core.py": `
import unittest

from adder.core import add


class AddTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(add(1, 2), 3)
`,
});

export const ADDER_INTERFACES: PlanInterfaces = {
  modules: [
    {
      path: "adder/core.py",
      purpose: "adds",
      symbols: [
        { kind: "function", name: "add", signature: "def add(a: int, b: int) -> int", methods: [], doc: "" },
        { kind: "exception", name: "NotNumbers", signature: "class NotNumbers(ValueError)", methods: [], doc: "" },
      ],
    },
    {
      path: "adder/__init__.py",
      purpose: "version",
      symbols: [{ kind: "constant", name: "VERSION", signature: "VERSION: str", methods: [], doc: "" }],
    },
  ],
  cli: [{ name: "adder", command: ["python3", "-m", "adder"], usage: "adder A B" }],
  http: [
    {
      name: "web",
      command: ["python3", "-m", "adder.web"],
      port_variable: "PORT",
      ready_path: "/",
      routes: ["GET /", "POST /", "PUT /stored", "GET /stored"],
    },
  ],
};

export function acceptanceTest(id: string, body: string, timeout_s = 10): AcceptanceTest {
  return { id, requirement_ids: ["R1"], title: `test ${id}`, body, timeout_s };
}

export function acceptance(tests: readonly AcceptanceTest[], more: Partial<AcceptanceRequest> = {}): AcceptanceRequest {
  const nothing: Tree = new Map();
  const base = {
    tree: ADDER,
    interfaces: ADDER_INTERFACES,
    toolchain: "python",
    prelude: "",
    attachments: nothing,
    seed: 1,
    clock_offset_s: 0,
    surroundings: "bare" as const,
  };
  return { ...base, tests, ...more };
}

/** Tests that the adder passes in every language. */
export const BOUNDARY_SUITE = [
  acceptanceTest(
    "cli",
    "const r = await product.cli(['1', '2']); assert.equal(r.stdout, '3\\n'); assert.equal(r.exit_code, 0);",
  ),
  acceptanceTest(
    "files",
    `const r = await product.cli(['show'], { stdin: 'in', files: { 'note.txt': 'hello' } });
assert.equal(r.stdout, '/work hello in\\n');
await product.cli(['append']);
await product.cli(['append']);
assert.equal(await product.read('log.txt'), 'xx');
await product.write('deep/er/x.txt', 'y');
assert.deepEqual(await product.files(), ['deep/er/x.txt', 'log.txt', 'note.txt']);
assert.equal(await product.read('none'), null);
assert.equal(await product.read('attachments/rates.csv'), 'a,b');`,
  ),
  acceptanceTest(
    "http",
    `await product.serve();
const r = await product.http({ path: '/x?y=1' });
assert.deepEqual([r.status, r.json], [200, { path: '/x?y=1' }]);
const p = await product.http({ method: 'POST', path: '/', body: { a: 2, b: 3 } });
assert.deepEqual([p.status, p.json], [201, { sum: 5 }]);
await product.stop();
await assert.rejects(product.http({ path: '/' }), /product.serve/);`,
  ),
  acceptanceTest(
    "restart",
    `await product.serve();
assert.equal((await product.http({ method: 'PUT', path: '/stored', body: 'kept' })).status, 200);
await product.stop();
await product.serve();
assert.equal((await product.http({ path: '/stored' })).json.stored, 'kept');`,
  ),
];

/** A suite that the adder passes, over every way across the boundary. */
export const ADDER_SUITE = [
  ...BOUNDARY_SUITE,
  acceptanceTest(
    "probe",
    `const sum = await product.probe('import json; from adder.core import add; print(json.dumps({"sum": add(2, 3)}))');
assert.deepEqual(sum, { sum: 5 });
await assert.rejects(product.probe('import adder.core; raise adder.core.NotNumbers("no")'), /NotNumbers: no/);`,
  ),
];
