import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { AcceptanceTest, SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { Finding, TestResult } from "@aura/shared/schemas/verification-report";

export function codesOf(findings: readonly Finding[]): string[] {
  return findings.map(({ code }) => code);
}

export function block(id: string, kind: PrdBlock["kind"] = "paragraph"): PrdBlock {
  return { block_id: id, position: Number(id.slice(1)), kind, headings: [], body: `Text of ${id}` };
}

export function requirement(
  id: string,
  blocks: string[],
  change: Partial<RequirementsProduct["requirements"][number]> = {},
): RequirementsProduct["requirements"][number] {
  return {
    id,
    block_ids: blocks,
    kind: "functional",
    priority: "must",
    title: `Title of ${id}`,
    text: `What ${id} asks for`,
    acceptance_criteria: ["it can be seen"],
    verification_method: "test",
    ...change,
  };
}

export function task(key: string, change: Partial<PlanProduct["tasks"][number]> = {}): PlanProduct["tasks"][number] {
  return {
    key,
    title: `Build ${key}`,
    description: "what there is to do",
    requirement_ids: ["R1"],
    closes: [],
    depends_on: [],
    file_scope: [`app/${key}.py`],
    ...change,
  };
}

/** A sound plan: T2 after T1, one module, one command. */
export function plan(change: Partial<PlanProduct> = {}): PlanProduct {
  return {
    toolchain: "python",
    summary: "a small program",
    components: [{ name: "app", purpose: "does it all", paths: ["app/**"], requirement_ids: ["R1"] }],
    interfaces: {
      modules: [{ path: "app/core.py", purpose: "core", symbols: [] }],
      cli: [{ name: "app", command: ["python3", "-m", "app"], usage: "app" }],
      http: [],
    },
    dependencies: [],
    tasks: [
      task("T1", { file_scope: ["app/core.py"], closes: ["R1"] }),
      task("T2", { file_scope: ["app/__main__.py"], requirement_ids: ["R2"], closes: ["R2"], depends_on: ["T1"] }),
    ],
    ...change,
  };
}

export function acceptanceTest(
  id: string,
  requirements: string[],
  body = `assert.equal(1, ${id.length});`,
): AcceptanceTest {
  return {
    id,
    requirement_ids: requirements,
    title: `Title of ${id}`,
    body: `await product.cli([]); ${body}`,
    timeout_s: 5,
  };
}

export function suite(...tests: AcceptanceTest[]): SuiteProduct {
  return { prelude: "", tests, rulings: [] };
}

/** A result of a test that passed after one assertion on something that the product did. */
export function result(id: string, requirements: string[], change: Partial<TestResult> = {}): TestResult {
  return {
    test_id: id,
    requirement_ids: requirements,
    outcome: "pass",
    reached_product: true,
    reached_stub: false,
    assertions: 1,
    input: null,
    expected: null,
    observed: null,
    message: null,
    duration_ms: 10,
    ...change,
  };
}
