import type { ModuleSymbol } from "@aura/shared/schemas/plan-product";
import { afterAll, expect, test } from "vitest";
import type { z } from "zod";
import { openSandbox } from "../../src/sandbox/open.ts";
import { acceptance, acceptanceTest, treeOf } from "../sandbox/products.ts";

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
    toolchain: "python",
    interfaces: { modules: [{ path: "shop/till.py", purpose: "sells", symbols }], cli: [], http: [] },
  });

test("signatures as models write them are read, and what is not Python is a finding", async () => {
  const { tree, findings } = await stubOf([
    symbol("function", "plain", "plain(a: int, b=UNKNOWN) -> Missing"),
    symbol("function", "colon", "def colon(*args, **kwargs):"),
    symbol("function", "later", "async def later(a, /, *, b: list[int] = None) -> None: ..."),
    symbol("function", "traced", "@lru_cache(maxsize=None)\ndef traced(a)"),
    symbol("class", "Till", "@dataclass class Till(Base, Generic[T]):", [
      "total: Decimal",
      "__init__(self, path)",
      "add(amount)",
      "@property def size(self) -> int",
      "@staticmethod\ndef make() -> Till",
      "what is this",
    ]),
    symbol("exception", "TillError", "TillError(ValueError)"),
    symbol("constant", "LIMIT", "LIMIT: int = 5"),
    symbol("function", "broken", "def broken(a b)"),
  ]);
  expect(findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual([
    "signature_unparsable shop/till.py:Till",
    "signature_unparsable shop/till.py:broken",
  ]);
  expect([...tree.keys()].sort()).toEqual(["shop/__init__.py", "shop/till.py"]);
  const text = tree.get("shop/till.py")?.toString("utf8");
  for (const part of [
    "def plain(a: int, b=None) -> Missing",
    "async def later(a, /, *, b: list[int]=None)",
    "def add(self, amount)",
    "def size(self)",
    "class TillError(Exception)",
  ]) {
    expect(text).toContain(part);
  }
});

test("everything in a stub can be imported and fails with the marker when it is used", async () => {
  const { tree } = await stubOf([
    symbol("function", "sell", "def sell(item, count=1)"),
    symbol("class", "Till", "class Till", ["def total(self) -> int"]),
    symbol("constant", "LIMIT", "LIMIT = 5"),
    symbol("exception", "TillError", "class TillError(ValueError)"),
  ]);
  const uses = [
    "till.sell(1)",
    "till.Till()",
    "till.Till.total(None)",
    "till.LIMIT == 5",
    "json.dumps(till.LIMIT)",
    "till.LIMIT + 1",
  ];
  const body = `for (const use of ${JSON.stringify(uses)})
  await assert.rejects(product.probe('import json\\nfrom shop import till\\nprint(' + use + ')'), /AURA_STUB_REACHED/, use);
assert.equal(await product.probe('from shop.till import TillError; print(int(issubclass(TillError, ValueError)))'), 1);`;
  const { tests } = await sandbox.runAcceptance(acceptance([acceptanceTest("uses", body)], { tree }));
  expect(tests[0]).toMatchObject({ outcome: "pass", message: null, reached_stub: true });
});

test("bodies are removed from functions, methods, lambdas and programs; imports and constants stay", async () => {
  const tree = await sandbox.stripBodies({
    toolchain: "python",
    tree: treeOf({
      "a.py":
        "import os\nLIMIT = 5\nclass C:\n    size = 2\n    @property\n    def x(self): return 1\nf = lambda a: a\nasync def g(): return 2\nif __name__ == '__main__':\n    print(LIMIT)\n",
      "pkg/__main__.py": "import sys\nprint('hello')\nfor i in range(3): print(i)\n",
      "bad.py": "def (:",
      "data.json": "{}",
    }),
  });
  const text = (path: string) => tree.get(path)?.toString("utf8") ?? "";
  expect(text("a.py")).toMatch(/import os\nLIMIT = 5/);
  expect(text("a.py")).not.toMatch(/return|print/);
  expect(text("a.py").match(/AURA_STUB_REACHED/g)).toHaveLength(4);
  expect(text("pkg/__main__.py")).toBe("import sys\nraise NotImplementedError('AURA_STUB_REACHED')\n");
  expect([text("bad.py"), text("data.json")]).toEqual(["def (:", "{}"]);
});

test("unit tests are found in packages and plain folders, and none at all is not success", async () => {
  const check = (files: Record<string, string>) =>
    sandbox.runCheck({
      tree: treeOf(files),
      toolchain: "python",
      command: "unit_tests",
      arguments: [],
      attachments: new Map(),
    });
  const testCase = (line: string) => `import unittest\nclass T(unittest.TestCase):\n    def test_it(self): ${line}\n`;
  const both = await check({
    "m.py": "X = 1\n",
    "tests/test_m.py": `from m import X\n${testCase("self.assertEqual(X, 1)")}`,
    "pkg/__init__.py": "",
    "pkg/tests/__init__.py": "",
    "pkg/tests/test_p.py": testCase("self.assertTrue(True)"),
  });
  expect(both).toMatchObject({ exit_code: 0 });
  expect(both.stderr).toMatch(/Ran 2 tests\n/);
  expect(await check({ "tests/test_f.py": testCase("self.fail('no')") })).toMatchObject({ exit_code: 1 });
  expect(await check({ "tests/test_s.py": "def (:" })).toMatchObject({ exit_code: 1 });
  expect(await check({ "m.py": "" })).toMatchObject({ exit_code: 5 });
});

test("compile reports syntax errors by the product's own paths", async () => {
  const request = {
    tree: treeOf({ "a/b.py": "def f(:\n" }),
    toolchain: "python",
    command: "compile",
    arguments: [],
    attachments: new Map(),
  };
  expect(await sandbox.runCheck(request)).toMatchObject({
    exit_code: 1,
    stderr: "/product/a/b.py:1: invalid syntax\n",
  });
});
