import type { SandboxLevel } from "@aura/shared/enums/verification";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { Tree } from "@aura/shared/models/tree";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { confirmPasses } from "../../src/auditor/confirmation.ts";
import { runMutants } from "../../src/auditor/mutation-run.ts";
import { observeSuite } from "../../src/auditor/suite-run.ts";
import type { AcceptanceResult, Sandbox } from "../../src/sandbox/port.ts";
import { seccompFilter } from "../../src/sandbox/seccomp.ts";
import { TYPESCRIPT_ADDER, TYPESCRIPT_ADDER_INTERFACES } from "./adder-typescript.ts";
import { ADDER, acceptance, acceptanceTest, treeOf } from "./products.ts";
import { SAMPLES, type Sample, withCore } from "./samples.ts";
import { SERVED, SERVED_SUITE } from "./served.ts";

const RATES = treeOf({ "rates.csv": "a,b" });
const NOTHING: Tree = new Map();

export interface OpenedSandbox {
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

const withoutTimes = ({ tests }: AcceptanceResult) => tests.map((record) => ({ ...record, duration_ms: 0 }));

/** What every sandbox must do alike, however it isolates and wherever it runs. */
export function conforms(name: string, level: SandboxLevel, open: () => Promise<OpenedSandbox>): void {
  describe(name, () => {
    let opened: OpenedSandbox;
    let sandbox: Sandbox;

    beforeAll(async () => {
      opened = await open();
      sandbox = opened.sandbox;
    });
    afterAll(() => opened?.close());

    test("the environment names the level and holds every canary", async () => {
      const facts = await sandbox.environment();
      expect(facts.sandbox_level).toBe(level);
      expect(new Set(Object.values(facts.canaries))).toEqual(new Set(["contained"]));
      expect(facts.toolchain.python).toMatch(/^3\./);
      expect(facts.runtime).toBe("linux");
      expect(facts.isolator).toMatch(level === "bubblewrap" ? /^bubblewrap \d/ : /^aura-launcher$/);
      expect(facts.seccomp_sha256).toBe(sha256Hex(seccompFilter(process.arch, level === "bubblewrap") ?? ""));
    });

    describe.each(SAMPLES)("a product in $toolchain", (sample) => conformsFor(() => sandbox, sample));

    test("a service is stopped by a signal, may refuse to start, and leaves nothing running whatever it does", async () => {
      const { tests } = await sandbox.runAcceptance(acceptance(SERVED_SUITE, { tree: SERVED }));
      expect(tests.map(({ test_id, outcome, message }) => [test_id, outcome, message])).toEqual(
        SERVED_SUITE.map(({ id }) => [id, "pass", null]).sort(),
      );
    });

    test("hundreds of requests at once, and large answers, reach a service whole", async () => {
      const body = `await product.serve();
await product.http({ method: 'PUT', path: '/stored', body: 'x'.repeat(300000) });
const small = Array.from({ length: 300 }, (_, n) => product.http({ path: '/x?n=' + n }));
const large = Array.from({ length: 10 }, () => product.http({ path: '/stored' }));
for (const [n, answer] of (await Promise.all(small)).entries()) assert.equal(answer.json.path, '/x?n=' + n);
for (const answer of await Promise.all(large)) assert.equal(answer.json.stored.length, 300000);`;
      const product = { tree: TYPESCRIPT_ADDER, interfaces: TYPESCRIPT_ADDER_INTERFACES, toolchain: "typescript" };
      const { tests } = await sandbox.runAcceptance(acceptance([acceptanceTest("crowd", body, 30)], product));
      expect(tests[0]).toMatchObject({ outcome: "pass", message: null });
    });

    test("bad input is refused, not run", async () => {
      const escaping = treeOf({ "../x": "" });
      const request = { tree: escaping, toolchain: "python", command: "compile", arguments: [], attachments: RATES };
      await expect(sandbox.runCheck(request)).rejects.toThrow();
      await expect(sandbox.stripBodies({ tree: ADDER, toolchain: "cobol" })).rejects.toThrow(/validation_failed/);
    });
  });
}

/** Programs that wait a moment and print the time in milliseconds. */
const NOW: Readonly<Record<string, string>> = {
  python: "import json, time, adder.core; time.sleep(0.01); print(json.dumps(time.time() * 1000))",
  typescript: 'import "/product/src/core.ts"; setTimeout(() => console.log(Date.now()), 10);',
};

function conformsFor(opened: () => Sandbox, sample: Sample): void {
  const { toolchain, tree, interfaces, suite } = sample;
  const ids = suite.map(({ id }) => id).sort();
  const request = acceptance(suite, { toolchain, tree, interfaces, attachments: RATES });

  test("passes over every way across the boundary, twice with equal records", async () => {
    const first = await opened().runAcceptance(request);
    expect(first.tests.map(({ test_id, outcome, message }) => [test_id, outcome, message])).toEqual(
      ids.map((id) => [id, "pass", null]),
    );
    expect(first.evidence).toMatchObject({ kind: "acceptance_run", exit_code: 0 });
    expect(withoutTimes(await opened().runAcceptance(request))).toEqual(withoutTimes(first));
  });

  test("fails when it is wrong, with the call, what was expected and what was observed", async () => {
    const wrong = withCore(sample, sample.subtracts);
    const { tests } = await opened().runAcceptance({ ...request, tree: wrong });
    const failed = tests.filter(({ outcome }) => outcome === "fail").map(({ test_id }) => test_id);
    expect(failed).toEqual(["cli", "http", "probe"]);
    expect(tests[0]).toMatchObject({
      input: 'cli ["1","2"]',
      expected: "'3\\n'",
      observed: "'-1\\n'",
      reached_product: true,
    });
  });

  test("has a stub that is reached and red, and removing its bodies kills what passed", async () => {
    const stub = await opened().buildStub({ interfaces, toolchain });
    expect(stub.findings).toEqual([]);
    const red = await opened().runAcceptance({ ...request, tree: stub.tree });
    expect(red.tests.map(({ outcome, reached_stub }) => [outcome, reached_stub])).toEqual(
      ids.map(() => ["fail", true]),
    );
    const stripped = await opened().stripBodies({ tree, toolchain });
    expect([...stripped.keys()].sort()).toEqual([...tree.keys()].sort());
    const killed = await opened().runAcceptance({ ...request, tree: stripped });
    expect(killed.tests.map(({ outcome }) => outcome)).toEqual(ids.map(() => "fail"));
  });

  test("runs under checks that say how they ended", async () => {
    const check = (command: string, ...args: string[]) =>
      opened().runCheck({ tree, toolchain, command, arguments: args, attachments: RATES });
    expect(await check("compile")).toMatchObject({ exit_code: 0, reason: "exit" });
    const own = await check("unit_tests");
    expect(`${own.stdout}${own.stderr}`).toMatch(sample.unitTests);
    expect(await check("run", ...sample.run)).toMatchObject({ exit_code: 0, stdout: "7\n" });
    expect(await check("script", sample.printsRates)).toMatchObject({ stdout: "a,b\n" });
    expect(await check("script", sample.writesProduct)).toMatchObject({ exit_code: 1 });
    expect(await check("no-such")).toMatchObject({ reason: "unknown_command", exit_code: null });
  });

  test("is looked through for the imports that the plan promises", async () => {
    const look = (looked: Tree) => opened().checkImports({ tree: looked, toolchain, modules: interfaces.modules });
    expect(await look(tree)).toMatchObject({ exit_code: 0, output: "" });
    expect((await look(withCore(sample, sample.quits))).exit_code).not.toBe(0);
    const empty = await look(treeOf({ "README.md": "" }));
    expect(empty).toMatchObject({ exit_code: 1 });
    expect(empty.output).toContain(`${sample.core}: cannot be imported`);
  });

  test("is judged twice, the second time with another clock, and on changes of it", async () => {
    const now = `const now = await product.probe(${JSON.stringify(NOW[toolchain])}); assert.ok(Math.abs(now - Date.now()) < 60_000);`;
    const tests = [...suite, acceptanceTest("now", now)];
    const ground = {
      ...{
        tree,
        toolchain,
        interfaces,
        attachments: RATES,
        dependencies: NOTHING,
        seed: 7,
        clock_offset_s: 0,
        surroundings: "bare" as const,
      },
      suite: { prelude: "", tests, rulings: [] },
    };
    const observed = await observeSuite(opened(), ground, tests, []);
    const run = await confirmPasses(opened(), ground, tests, observed);
    expect(run.tests.map(({ test_id, outcome, message }) => [test_id, outcome, message])).toEqual(
      [...ids, "now"].sort().map((id) => [id, "pass", null]),
    );
    expect([...run.flaky]).toEqual([]);
    const confirmed = run.evidence.filter(({ kind }) => kind === "confirmation_run");
    expect(confirmed.map(({ command }) => command.at(-2))).toEqual([expect.stringMatching(/^clock=\+[1-9]\d*s$/)]);
    const mutants = await runMutants(opened(), ground, run, { count: 1, wall_ms: 60_000 });
    expect(mutants?.mutation).toMatchObject({ sampled: 1, not_run: 0 });
  });

  test("is read with its suite, and neither is run", async () => {
    const quitting = withCore(sample, sample.quits);
    const read = await opened().inspectSource({ tree: quitting, toolchain, prelude: "", tests: suite });
    expect(read.complete).toBe(true);
    expect(read.files.map(({ path, readable }) => [path, readable])).toEqual(
      [...quitting.keys()].sort().map((path) => [path, true]),
    );
    expect(read.files.find(({ path }) => path === sample.core)?.uses).toMatchObject([{ how: "call", early: true }]);
    expect(read.tests.map(({ id }) => id).sort()).toEqual(ids);
    expect(read.tests.find(({ id }) => id === "cli")).toMatchObject({ inputs: ["1", "2"], calls: [["1", "2"]] });
  });

  test("is ended when the sandbox is stopped, which can be used again", async () => {
    const slow = acceptanceTest("slow", `await product.probe(${JSON.stringify(sample.sleeps)}); assert.ok(1)`, 60);
    const running = opened()
      .runAcceptance({ ...request, tests: [slow] })
      .then(
        ({ tests }) => tests[0]?.outcome,
        (error: { code?: string }) => error.code,
      );
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await opened().killAll();
    expect(["not_run", "isolation_unavailable"]).toContain(await running);
    const again = { tree, toolchain, command: "compile", arguments: [], attachments: RATES };
    expect(await opened().runCheck(again)).toMatchObject({ exit_code: 0 });
  });
}
