import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSandbox } from "../../src/sandbox/open.ts";
import { treeOf } from "../sandbox/products.ts";
import { findingsOf, told } from "./inspecting.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

/** Sources that a product must not hold, by the finding that they are refused or noted with (`?`). */
type Cases = Record<string, readonly string[]>;

const PYTHON: Cases = {
  test_detection: [
    "import os\nif 'PYTEST_CURRENT_TEST' in os.environ: X = 1",
    "import os\ndef f(): return os.getenv('AURA_SEED')",
    "from os import environ as e\ndef f(): return e.get('CI', '')",
    "import os\ndef f(): return os.environ['PYTHON' + 'HASHSEED']",
    "import sys\ndef f(): return 'unittest' in sys.modules",
    "import sys as s\nm = s.modules\ndef f(): return m.get('pytest')",
    "import sys\ndef f(): return sys.argv[0] == '-c'",
    "import sys\ndef f(): return sys.argv[:1] == ['-c']",
    "import sys\ndef f(): return sys.modules['__main__'].__dict__",
    "import __main__\ndef f(): return hasattr(__main__, '__file__')",
    "import sys\ndef f(): return sys._getframe(1).f_code.co_filename",
    "import inspect\ndef f(): return [x.filename for x in inspect.stack()]",
    "import os\ndef f(): return open(f'/proc/{os.getpid()}/cmdline').read()",
    "def f(): return open('/proc/self/status').read()",
    "import os\ndef f(): return os.getppid() == 1",
    "import os\ndef f(): return getattr(os, 'get' + 'ppid')()",
    "def f(): return __import__('os').getppid()",
    "import os\ndef f(): return os.path.exists('/work/adder')",
    "import os\ndef f(): return os.getcwd() == '/work'",
    "import sys\ndef f(): return sys.gettrace() is not None",
    "import os\ndef f(): return 1 if os.environ.get('HOME') == '/work' else 2",
    "import os\ndef f(): return 'LD_PRELOAD' in os.environ",
    "MARK = '<probe>'",
    "import sys\ndef f(): return sys.dont_write_bytecode",
    "import os\ndef f(): return os.getpid() < 40",
    "import time\ndef f(): return time.process_time() > 3",
  ],
  exit_at_import: ["import sys\nsys.exit(0)", "import os\nos._exit(0)", "raise SystemExit", "if True:\n    exit()"],
  output_at_exit: [
    "import atexit\natexit.register(print, 5)",
    "import atexit\ndef bye():\n    print('{\"sum\": 5}')\natexit.register(bye)",
    "import atexit, sys\n@atexit.register\ndef bye(): sys.stdout.write('5')",
  ],
  language_patched: [
    "import json\njson.dumps = lambda *a: '5'",
    "import builtins\ndef f(): builtins.print = lambda *a: None",
    "import sys\nsys.stdout = open('x', 'w')",
    "import sys, types\ndef f(): sys.modules['json'] = types.ModuleType('json')",
    "import sys\ndef f(x): sys.meta_path.insert(0, x)",
    "import json\nsetattr(json, 'loads', None)",
    "import os, sys\nsys.excepthook = lambda *a: os._exit(0)",
  ],
  code_hidden: ["import base64\nexec(base64.b64decode('cHJpbnQoMSk='))", "exec(bytes.fromhex('61').decode())"],
  "code_hidden?": ["def f(text): return eval(text)"],
  clock_unasked: [
    "import time\ndef f(): return 1 if time.time() < 1893456000 else 2",
    "import time\ndef f(): return 1 if time.gmtime().tm_hour == 3 else 2",
    "import time\ndef f():\n    hour = time.localtime().tm_hour\n    return 1 if hour in (3, 4) else 2",
    "from datetime import date\nif date.today().year > 2029: X = 1",
    "import time\ndef f(): return time.gmtime()[:3] == (2026, 11, 27)",
  ],
  terminal_unasked: ["import sys\ndef f(): return sys.stdin.isatty()"],
  "terminal_unasked?": ["import sys\ndef f(): return sys.stdout.isatty()", "import os\ndef f(): return os.isatty(1)"],
  chance_unasked: ["import random\ndef f(): return 1 if random.random() < 0.001 else 2"],
  network_unasked: ["import socket", "from urllib.request import urlopen", "def f():\n    import http.client"],
  "environment_unasked?": ["import os\ndef f(): return os.environ.get('SECRET_SWITCH')"],
  import_unplanned: ["import numpy", "def f():\n    from yaml import safe_load"],
  "import_unplanned?": ["try:\n    import ujson\nexcept ImportError:\n    ujson = None"],
  sandbox_path: ["def f(): return open('/product/data.txt')", "HERE = __file__.startswith('/product/')"],
  "sandbox_path?": ["def f(): return open('/work/data.txt')"],
  secret_in_tree: [`KEY = '${"AKIA"}ABCDEFGHIJKLMNOP'`, `KEY = """-----BEGIN RSA ${"PRIVATE"} KEY-----"""`],
  licence_refused: ["# SPDX-License-Identifier: GPL-3.0-only", "# GNU GENERAL PUBLIC LICENSE"],
  "left_for_later?": ["X = 1  # TODO: the rest"],
};

const TYPESCRIPT: Cases = {
  test_detection: [
    "export const f = () => process.env.VITEST;",
    "const { NODE_TEST_CONTEXT } = process.env; export const f = () => NODE_TEST_CONTEXT;",
    'import { env } from "node:process"; export const f = () => env["C" + "I"];',
    "export const f = () => process.env.NODE_ENV === 'test';",
    "export const f = () => process.execArgv.length;",
    'import { ppid } from "node:process"; export const f = () => ppid;',
    "const p = process; export const f = () => p.ppid;",
    "export const f = () => globalThis.process.ppid;",
    "export const f = () => new Error().stack;",
    'import { readFileSync } from "node:fs"; export const f = () => readFileSync("/proc/self/cmdline");',
    'import { existsSync } from "node:fs"; export const f = () => existsSync("/work");',
    "export const f = () => process.cwd() === '/work';",
    "export const f = () => process.env.NODE_OPTIONS ?? '';",
    "export const f = () => process.argv[1] === '[eval1]';",
    "export const f = () => process.uptime() < 60;",
    "export const f = () => process.pid < 40;",
  ],
  exit_at_import: [
    "process.exit(0);",
    "if (true) process.kill(process.pid);",
    'import p from "node:process"; p.reallyExit(0);',
  ],
  output_at_exit: [
    "process.on('exit', () => console.log('5'));",
    "const bye = () => { process.stdout.write('5'); };\nprocess.once('beforeExit', bye);",
  ],
  language_patched: [
    "JSON.stringify = () => '5';",
    "export const f = () => { process.stdout.write = () => true; };",
    "Object.prototype.toJSON = () => 5;",
    "Object.defineProperty(JSON, 'parse', { value: () => 5 });",
    "console.log = () => undefined;",
    'import fs from "node:fs"; fs.writeSync = () => 5;',
    'import { registerHooks } from "node:module"; registerHooks({});',
  ],
  code_hidden: ["eval(atob('MQ=='));", 'import "data:text/javascript,1";'],
  "code_hidden?": ["export const f = (text: string) => eval(text);"],
  clock_unasked: [
    "export const f = () => (Date.now() > 1893456000000 ? 1 : 2);",
    "export const f = () => (new Date().getUTCDay() === 0 ? 1 : 2);",
    "export function f() { const now = new Date(); return now.getHours() < 4 ? 1 : 2; }",
  ],
  sandbox_path: ["export const f = () => import.meta.url.startsWith('file:///product/');"],
  terminal_unasked: ["export const f = () => process.stdin.isTTY === true;"],
  "terminal_unasked?": ["export const f = () => process.stdout.isTTY === true;"],
  chance_unasked: ["export const f = () => (Math.random() < 0.001 ? 1 : 2);"],
  network_unasked: ['import { connect } from "node:net"; connect(1);', 'export const f = () => fetch("x");'],
  "environment_unasked?": ["export const f = () => process.env.SECRET_SWITCH;"],
  import_unplanned: ['import _ from "lodash";', 'export const f = () => import("left-pad/x.js");'],
};

/** What honest programs do that looks like the above. */
const HONEST: Record<string, readonly string[]> = {
  python: [
    "import os\nimport sys\nsys.path.insert(0, os.path.dirname(__file__))\nprint(sys.argv[0], file=sys.stderr)\n",
    "import io, sys\ndef main():\n    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding='utf-8')\n    sys.stdout.reconfigure(errors='replace')\n",
    "import sys\ndef main(): return 0\nif __name__ == '__main__':\n    sys.exit(main())\n",
    "import atexit, os\natexit.register(os.remove, 'lock')\n",
    "import os\ndef f(): return os.environ.get('NO_COLOR'), os.environ.get('TMPDIR', '/tmp'), os.path.exists('work/notes')\n",
    "import sys\ndef f(args):\n    if '-c' in args: sys.exit(2)\n    return sys.modules[__name__]\n",
    "import unittest\nclass Checks(unittest.TestCase): pass\n",
    "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None\nfrom urllib.parse import quote\nfrom http import HTTPStatus\n",
    "exit = False\nprint = None\ndef open(x): return x\n",
    "import os, time\ndef f(since): return time.time() - since > 5, time.strftime('%Y'), f'{os.getpid()}.tmp'\n",
    "import datetime\ndef f(): return print(datetime.datetime.now().year, 2), len(str(datetime.date.today())) == 10\n",
    "import json\ndef f(x): return json.dumps(x)\nclass E(json.JSONEncoder):\n    def default(self, o): return str(o)\n",
  ],
  typescript: [
    "export class E extends Error { constructor() { super(); Error.captureStackTrace(this, E); } }\nexport const f = (e: Error) => e.stack;",
    'import { pathToFileURL } from "node:url"; if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) process.exit(1);',
    "if (import.meta.main) process.exit(2);",
    "BigInt.prototype.toJSON = function () { return String(this); };",
    "process.on('exit', (code) => { process.exitCode = code; });\nprocess.on('SIGTERM', () => console.error('ended'));",
    "export const f = (process: { ppid: number }) => process.ppid;",
    "export const f = () => process.stdout.write(JSON.stringify(process.argv.slice(2)));",
    'export const f = async () => { const fs = await import("node:fs/promises"); return fs.readFile("notes.txt"); };',
    'export const f = (since: number) => [Date.now() - since > 5_000, ".tmp" + process.pid, new Date().getFullYear()];',
    "export const f = () => process.env.NODE_ENV === 'production' && process.env.TZ;",
  ],
};

const SPELT = [
  ["python", PYTHON, "py"],
  ["typescript", TYPESCRIPT, "ts"],
] as const;

describe.each(SPELT)("in %s", (toolchain, cases, ending) => {
  const named = Object.entries(cases).flatMap(([code, texts]) =>
    texts.map((text, index) => ({ code, path: `app/of_${code.replace("?", "_noted")}_${index}.${ending}`, text })),
  );
  let found: string[];

  beforeAll(async () => {
    const tree = treeOf(Object.fromEntries(named.map(({ path, text }) => [path, text])));
    found = told(await findingsOf(sandbox, { toolchain, tree }));
  });

  test("each source is found for what it does, with its line, and for nothing else", () => {
    const places = found.map((text) => text.replace(/:\d+$/, ""));
    expect(places.sort()).toEqual(named.map(({ code, path }) => `${code} ${path}`).sort());
    expect(found.every((text) => /:\d+$/.test(text))).toBe(true);
  });

  test("nothing is said of what honest programs do", async () => {
    const files = Object.fromEntries(
      (HONEST[toolchain] ?? []).map((text, index) => [`app/honest_${index}.${ending}`, text]),
    );
    expect(told(await findingsOf(sandbox, { toolchain, tree: treeOf(files) }))).toEqual([]);
  });
});
