import { createHash } from "node:crypto";
import { createLog } from "@aura/shared/log";
import type { Tree } from "@aura/shared/models/tree";
import { putTree } from "@aura/shared/postgres/blobs";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSandboxQueue } from "../../src/auditor/sandbox-queue.ts";
import { verifyNext } from "../../src/auditor/verification-loop.ts";
import { GateClient } from "../../src/dependencies/gate-client.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { told } from "../inspection/inspecting.ts";
import { treeOf } from "../sandbox/products.ts";
import { adderTree, recordedReport, type SeededRun, seedRun } from "./seeded-run.ts";

let database: TestDatabase;
let run: SeededRun;
const sandbox = openSandbox({ sandbox: "auto" });

beforeAll(async () => {
  database = await testDatabase();
  run = await seedRun(database.pools.admin);
});

afterAll(async () => {
  await sandbox.killAll();
  await database?.close();
});

async function judged(requestId: string) {
  const log = createLog("auditor", "silent");
  const gate = new GateClient("/nowhere/registry.sock");
  const deps = {
    pool: database.pools.auditor,
    log,
    sandbox: createSandboxQueue(sandbox),
    gate,
    mutation: { count: 0, wall_ms: 0 },
    holder: "auditor",
  };
  expect(await verifyNext(deps, new AbortController().signal)).toBe(true);
  return recordedReport(database.pools.admin, requestId);
}

const withFiles = (files: Record<string, string>, core?: string): Tree =>
  new Map([...adderTree(core), ...treeOf(files)]);

async function submit(tree: Tree) {
  const changes = [...tree].map(([path, body]) => ({ path, content: body.toString("utf8") }));
  const base_tree_sha256 = await putTree(database.pools.admin, new Map());
  return run.submit("implement", { base_tree_sha256, changes, summary: "adds", disputes: [] }, tree);
}

/** Of the suite's probe: a text that no developer is shown. */
const PROBED = "import json\nfrom adder.core import add\nprint(json.dumps(add(1, -1)))";

/** Each of these alone has a submission rejected. */
const REFUSED: Record<string, readonly [path: string, text: string]> = {
  test_detection: ["adder/a.py", "import os\ndef f(): return os.getenv('PYTEST_CURRENT_TEST')\n"],
  exit_at_import: ["adder/b.py", "import sys\nsys.exit(0)\n"],
  output_at_exit: ["adder/c.py", "import atexit\natexit.register(print, 5)\n"],
  language_patched: ["adder/d.py", "import json\njson.dumps = str\n"],
  code_hidden: ["adder/e.py", "import base64\nexec(base64.b64decode('MQ=='))\n"],
  answer_learnt: ["adder/g.py", `SEEN = "${createHash("sha256").update(PROBED).digest("hex")}"\n`],
  network_unasked: ["adder/h.py", "import socket\n"],
  clock_unasked: ["adder/k.py", "import time\ndef f(): return time.gmtime().tm_hour == 3\n"],
  chance_unasked: ["adder/l.py", "import random\ndef f(): return random.random() < 0.01\n"],
  terminal_unasked: ["adder/m.py", "import sys\ndef f(): return sys.stdin.isatty()\n"],
  sandbox_path: ["adder/n.py", "HOME = '/product/adder'\n"],
  import_unplanned: ["adder/i.py", "import numpy\n"],
  runner_configured: ["adder/sitecustomize.py", ""],
  compiled_code: ["adder/fast.so", "ELF"],
  module_shadowed: ["json.py", ""],
  secret_in_tree: ["adder/keys.txt", `AKIA${"ABCDEFGHIJKLMNOP"}\n`],
  licence_refused: ["adder/j.py", "# SPDX-License-Identifier: AGPL-3.0-only\n"],
};
const EMPTY_ADD = "def add(a, b):\n    pass\n";

test("a submission is rejected for each thing that a product must not hold, and nothing of it is run", async () => {
  const tree = withFiles(Object.fromEntries(Object.values(REFUSED)), EMPTY_ADD);
  const report = await judged(await submit(tree));
  expect(report).toMatchObject({ outcome: "rejected", tests: [], verdicts: [], evidence: [] });
  const places = Object.entries(REFUSED).map(([code, [path]]) => `${code} ${path}`);
  const found = told(report?.findings ?? []).map((text) => text.replace(/:\d+$/, ""));
  expect(found.sort()).toEqual([...places, "function_empty adder/core.py"].sort());
  expect(report?.environment?.sandbox_level).toBe("bubblewrap");
});

test("what is only worth a look is shown, and rejects nothing", async () => {
  const files = { "adder/conftest.py": "", "adder/later.py": "# TODO\ndef f(x): return eval(x)\n" };
  const report = await judged(await submit(withFiles(files)));
  expect(report?.outcome).toBe("accepted");
  expect(told(report?.findings ?? []).sort()).toEqual([
    "code_hidden? adder/later.py:2",
    "left_for_later? adder/later.py:1",
    "runner_configured? adder/conftest.py",
  ]);
});

test("an assembled product is refused by the requirements whose task answers for the file", async () => {
  const [path, text] = REFUSED.language_patched ?? ["", ""];
  const report = await judged(await run.submit("assembly", null, withFiles({ [path]: text })));
  expect(report?.outcome).toBe("rejected");
  expect(report?.verdicts.map(({ verdict }) => verdict)).toEqual(["fail", "fail", "not_run"]);
  expect(report?.verdicts[0]?.detail).toContain("language_patched: adder/d.py:2");
  expect(report?.tests.map(({ outcome }) => outcome)).toEqual(["pass", "pass", "pass"]);
  expect(report?.findings.filter(({ code }) => code === "language_patched").map(({ subject }) => subject)).toEqual([
    "R1",
    "R2",
  ]);
});
