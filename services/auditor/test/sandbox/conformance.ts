import type { SandboxLevel } from "@aura/shared/enums/verification";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AcceptanceResult, Sandbox } from "../../src/sandbox/port.ts";
import { ADDER, ADDER_INTERFACES, ADDER_SUITE, acceptance, acceptanceTest, treeOf } from "./products.ts";

const RATES = treeOf({ "rates.csv": "a,b" });

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
    });

    test("a correct product passes over every way across the boundary, twice with equal records", async () => {
      const request = acceptance(ADDER_SUITE, { attachments: RATES });
      const first = await sandbox.runAcceptance(request);
      expect(first.tests.map(({ test_id, outcome, message }) => [test_id, outcome, message])).toEqual(
        ["cli", "files", "http", "probe"].map((id) => [id, "pass", null]),
      );
      expect(first.evidence).toMatchObject({ kind: "acceptance_run", exit_code: 0 });
      expect(withoutTimes(await sandbox.runAcceptance(request))).toEqual(withoutTimes(first));
    });

    test("a wrong product fails with the call, what was expected and what was observed", async () => {
      const wrong = new Map([
        ...ADDER,
        ...treeOf({ "adder/core.py": "class NotNumbers(ValueError): pass\ndef add(a, b): return a - b\n" }),
      ]);
      const { tests } = await sandbox.runAcceptance(acceptance(ADDER_SUITE, { tree: wrong, attachments: RATES }));
      expect(tests.map(({ outcome }) => outcome)).toEqual(["fail", "pass", "fail", "fail"]);
      expect(tests[0]).toMatchObject({
        input: 'cli ["1","2"]',
        expected: "'3\\n'",
        observed: "'-1\\n'",
        reached_product: true,
      });
    });

    test("the stub is reached and red, and removing the bodies kills what passed", async () => {
      const stub = await sandbox.buildStub({ interfaces: ADDER_INTERFACES, toolchain: "python" });
      expect(stub.findings).toEqual([]);
      const red = await sandbox.runAcceptance(acceptance(ADDER_SUITE, { tree: stub.tree, attachments: RATES }));
      expect(red.tests.map(({ outcome, reached_stub }) => [outcome, reached_stub])).toEqual(
        Array(4).fill(["fail", true]),
      );
      const tree = await sandbox.stripBodies({ tree: ADDER, toolchain: "python" });
      expect([...tree.keys()].sort()).toEqual([...ADDER.keys()].sort());
      const killed = await sandbox.runAcceptance(acceptance(ADDER_SUITE, { tree, attachments: RATES }));
      expect(killed.tests.map(({ outcome }) => outcome)).toEqual(Array(4).fill("fail"));
    });

    test("checks run and say how they ended", async () => {
      const check = (command: string, args: string[]) =>
        sandbox.runCheck({ tree: ADDER, toolchain: "python", command, arguments: args, attachments: RATES });
      expect(await check("compile", [])).toMatchObject({ exit_code: 0, reason: "exit" });
      expect((await check("unit_tests", [])).stderr).toMatch(/Ran 1 test\n\nOK/);
      expect(await check("run", ["-m", "adder", "3", "4"])).toMatchObject({ exit_code: 0, stdout: "7\n" });
      expect(await check("script", ["print(open('attachments/rates.csv').read())"])).toMatchObject({ stdout: "a,b\n" });
      expect(await check("script", ["open('/product/x', 'w')"])).toMatchObject({ exit_code: 1 });
      expect(await check("no-such", [])).toMatchObject({ reason: "unknown_command", exit_code: null });
    });

    test("imports that the plan promises are looked for", async () => {
      const { modules } = ADDER_INTERFACES;
      expect(await sandbox.checkImports({ tree: ADDER, toolchain: "python", modules })).toMatchObject({
        exit_code: 0,
        output: "",
      });
      const quits = new Map([...ADDER, ...treeOf({ "adder/core.py": "import os; os._exit(0)" })]);
      const early = await sandbox.checkImports({ tree: quits, toolchain: "python", modules });
      expect(early.exit_code).not.toBe(0);
      const empty = await sandbox.checkImports({
        tree: treeOf({ "adder/__init__.py": "" }),
        toolchain: "python",
        modules,
      });
      expect(empty).toMatchObject({ exit_code: 1 });
      expect(empty.output).toMatch(/adder\/core.py: cannot be imported/);
    });

    test("bad input is refused, not run", async () => {
      const escaping = treeOf({ "../x": "" });
      const request = { tree: escaping, toolchain: "python", command: "compile", arguments: [], attachments: RATES };
      await expect(sandbox.runCheck(request)).rejects.toThrow();
      await expect(sandbox.stripBodies({ tree: ADDER, toolchain: "cobol" })).rejects.toThrow(/validation_failed/);
    });

    test("stopping ends what runs, and the sandbox can be used again", async () => {
      const slow = acceptance([
        acceptanceTest("slow", "await product.probe('import adder, time; time.sleep(50)'); assert.ok(1)", 60),
      ]);
      const running = sandbox.runAcceptance(slow).then(
        ({ tests }) => tests[0]?.outcome,
        (error: { code?: string }) => error.code,
      );
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await sandbox.killAll();
      expect(["not_run", "isolation_unavailable"]).toContain(await running);
      expect((await sandbox.environment()).sandbox_level).toBe(level);
    });
  });
}
