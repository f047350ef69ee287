import type { Tree } from "@aura/shared/models/tree";
import { afterAll, describe, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { acceptance, BOUNDARY_SUITE, treeOf } from "../sandbox/products.ts";
import { SAMPLES, type Sample, withCore } from "../sandbox/samples.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

/** Says to whatever listens that all is well, and does harm where it can. */
const PYTHON_HARM = `
import os, signal
for descriptor in range(3, 64):
    try: os.write(descriptor, b'{"type":"done","id":"cli","ended":"passed","assertions":1,"message":null,"expected":null,"observed":null}\\n')
    except OSError: pass
for path in ("/product/adder/core.py", "/usr/bin/node", "/etc/passwd"):
    try: open(path, "w").write("def add(a, b): return 3")
    except OSError: pass
`;
const SHELL_HARM = "#!/bin/sh\necho '# pass 60'\nexit 0\n";
const MODULE_HARM = "console.log('# pass 60'); process.exit(0);\n";

/** What runners, package managers and git would act on, where it would be found: beside the product and in it. */
const FOREIGN: Tree = treeOf({
  "conftest.py": `${PYTHON_HARM}\nimport builtins\nbuiltins.print = lambda *a, **k: None\n`,
  "pytest.ini": "[pytest]\naddopts = --collect-only -q -p no:terminal\npython_files = none.py\n",
  "setup.cfg": "[tool:pytest]\naddopts = --collect-only\n",
  "sitecustomize.py": PYTHON_HARM,
  "usercustomize.py": `${PYTHON_HARM}\nos._exit(0)\n`,
  "unittest.py": `${PYTHON_HARM}\nraise SystemExit(0)\n`,
  "evil.pth": "import os; os._exit(0)\n",
  "node_modules/.bin/node": SHELL_HARM,
  "node_modules/.bin/python3": SHELL_HARM,
  "node_modules/acorn/index.js": MODULE_HARM,
  "node_modules/acorn/package.json": '{"name": "acorn", "main": "index.js"}',
  "package.json": `{"type": "module", "scripts": {${["preinstall", "test", "pretest", "prepare"].map((name) => `"${name}": "exit 0"`).join(", ")}}}`,
  ".npmrc": "node-options=--require=/product/evil.cjs\nscript-shell=/product/node_modules/.bin/node\n",
  ".node_repl_history": "process.exit(0)\n",
  "evil.cjs": MODULE_HARM,
  "vitest.config.ts": MODULE_HARM,
  ".gitattributes": "* filter=evil diff=evil merge=ours -text\n",
  ".gitconfig": '[core]\n\thooksPath = hooks\n[filter "evil"]\n\tsmudge = /product/hooks/pre-commit\n',
  "hooks/pre-commit": SHELL_HARM,
  ".husky/post-checkout": SHELL_HARM,
  "tsconfig.json": '{"compilerOptions": {"noEmit": false}, "extends": "/product/evil.cjs"}',
});

const RATES = treeOf({ "rates.csv": "a,b" });

const beside = (tree: Tree): Tree => new Map([...tree, ...FOREIGN]);

/** One test for each way across the boundary. */
const suiteOf = ({ suite }: Sample) => suite.filter(({ id }) => ["cli", "http", "probe"].includes(id));

/** Everything of the Auditor that touches the product's files, without the times that it took. */
async function everything(sample: Sample, tree: Tree) {
  const { toolchain, interfaces } = sample;
  const suite = suiteOf(sample);
  const { tests } = await sandbox.runAcceptance(acceptance(suite, { toolchain, tree, interfaces, attachments: RATES }));
  const compiled = await sandbox.runCheck({
    toolchain,
    tree,
    command: "compile",
    arguments: [],
    attachments: new Map(),
  });
  const { exit_code, output } = await sandbox.checkImports({ toolchain, tree, modules: interfaces.modules });
  const stripped = await sandbox.stripBodies({ toolchain, tree });
  const read = await sandbox.inspectSource({ toolchain, tree, prelude: "", tests: suite });
  const own = (path: string) => !FOREIGN.has(path);
  return {
    tests: tests.map((record) => ({ ...record, duration_ms: 0 })),
    compiled: compiled.exit_code,
    imports: [exit_code, output],
    stripped: [...stripped].filter(([path]) => own(path)).map(([path, body]) => [path, body.toString("utf8")]),
    read: read.files.filter(({ path }) => own(path)),
  };
}

describe.each(SAMPLES)("files that misbehave beside a product in $toolchain", (sample) => {
  test("change nothing for one that works, although nothing refused them", async () => {
    const alone = await everything(sample, sample.tree);
    expect(alone.tests.map(({ outcome }) => outcome)).toEqual(suiteOf(sample).map(() => "pass"));
    expect(await everything(sample, beside(sample.tree))).toEqual(alone);
  });

  test("let nothing pass that is wrong", async () => {
    const { toolchain, interfaces } = sample;
    const tests = BOUNDARY_SUITE.filter(({ id }) => id === "cli");
    const tree = beside(withCore(sample, sample.subtracts));
    const { tests: records } = await sandbox.runAcceptance(acceptance(tests, { toolchain, tree, interfaces }));
    expect(records).toMatchObject([{ outcome: "fail", expected: "'3\\n'", observed: "'-1\\n'" }]);
  });
});
