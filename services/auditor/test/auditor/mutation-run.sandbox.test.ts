import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { afterAll, expect, test } from "vitest";
import { confirmPasses } from "../../src/auditor/confirmation.ts";
import { runMutants } from "../../src/auditor/mutation-run.ts";
import { observeSuite, type SuiteGround } from "../../src/auditor/suite-run.ts";
import { openSandbox } from "../../src/sandbox/open.ts";
import { acceptanceTest, treeOf } from "../sandbox/products.ts";

const sandbox = openSandbox({ sandbox: "auto" });
afterAll(() => sandbox.killAll());

/** A till that gives nothing for an unknown coin and refuses more than its limit. */
const PYTHON = treeOf({
  "till/__init__.py": "",
  "till/__main__.py": `
import sys

COINS = {"one": 1, "two": 2}


class Refused(Exception):
    """Too much."""


def worth(name):
    """Cents."""
    if name not in COINS:
        return 0
    return COINS[name]


def total(names):
    value = sum(worth(name) for name in names)
    if value > 4:
        raise Refused(f"{value} is too much")
    return value


def unused():
    return 1


try:
    print(total(sys.argv[1:]))
except Refused as refused:
    print(refused, file=sys.stderr)
    sys.exit(3)
`,
});
const TYPESCRIPT = treeOf({
  "till.ts": `
const COINS: Record<string, number> = { one: 1, two: 2 };

class Refused extends Error {}

function worth(name: string): number {
  if (!(name in COINS)) return 0;
  return COINS[name] as number;
}

export function total(names: readonly string[]): number {
  const value = names.map(worth).reduce((sum, cents) => sum + cents, 0);
  if (value > 4) throw new Refused(\`\${value} is too much\`);
  return value;
}

export const unused = () => 1;

try {
  console.log(total(process.argv.slice(2)));
} catch (refused) {
  console.error(String(refused));
  process.exitCode = 3;
}
`,
});
const TOOLCHAINS = {
  python: { tree: PYTHON, toolchain: "python", command: ["python3", "-m", "till"] },
  typescript: { tree: TYPESCRIPT, toolchain: "typescript", command: ["node", "till.ts"] },
};

const gives = (id: string, args: string[], stdout: string) =>
  acceptanceTest(
    id,
    `const r = await product.cli(${JSON.stringify(args)}); assert.equal(r.stdout, ${JSON.stringify(stdout)});`,
  );
const WEAK = [gives("one", ["one", "two"], "3\n")];
const GOOD = [
  ...WEAK,
  gives("limit", ["two", "two"], "4\n"),
  gives("unknown", ["gold", "one"], "1\n"),
  acceptanceTest(
    "over",
    'const r = await product.cli(["two", "two", "one"]); assert.equal(r.exit_code, 3); assert.match(r.stderr, /5 is too much/);',
  ),
];

async function mutated(
  name: keyof typeof TOOLCHAINS,
  tests: readonly AcceptanceTest[],
  budget = { count: 9, wall_ms: 60_000 },
) {
  const { tree, toolchain, command } = TOOLCHAINS[name];
  const none: Tree = new Map();
  const ground: SuiteGround = {
    ...{ tree, toolchain, dependencies: none, attachments: none, seed: 99, clock_offset_s: 0, surroundings: "bare" },
    interfaces: { modules: [], cli: [{ name: "till", command, usage: "till COIN..." }], http: [] },
    suite: { prelude: "", tests: [...tests], rulings: [] },
  };
  const run = await confirmPasses(sandbox, ground, tests, await observeSuite(sandbox, ground, tests, []));
  return runMutants(sandbox, ground, run, budget);
}

test.each(["python", "typescript"] as const)(
  "a good suite in %s notices what a weak one lets through",
  async (name) => {
    const [weak, good] = [await mutated(name, WEAK), await mutated(name, GOOD)];
    expect(weak?.mutation.sampled).toBeGreaterThan(5);
    expect(weak?.mutation.survived).toContainEqual({
      ...{ path: expect.any(String), function: "total", line: expect.any(Number), operator: "case" },
      ...{ behaviour: "a special case is never taken", requirement_ids: ["R1"] },
    });
    expect(good?.mutation.survived.map(({ function: of, operator }) => `${of} ${operator}`)).toEqual([]);
    expect(good?.mutation).toMatchObject({ killed: good?.mutation.sampled, not_run: 0 });
    expect(good?.evidence).toMatchObject({ kind: "mutation_run", exit_code: 0 });
    expect(good?.evidence.output).not.toContain("unused");
  },
);

test("the same seed gives the same mutants with the same fate, and time that is over is said", async () => {
  const few = { count: 3, wall_ms: 60_000 };
  const [first, second] = [await mutated("python", WEAK, few), await mutated("python", WEAK, few)];
  expect(second?.mutation).toEqual(first?.mutation);
  const late = await mutated("python", WEAK, { ...few, wall_ms: -1 });
  expect(late?.mutation).toMatchObject({ killed: 0, survived: [], not_run: first?.mutation.sampled });
});
