/**
 * A product of any size for whole-system tests: a tool with `count` commands, each of which prints its own number.
 * One requirement a command, one test a requirement; which commands are wrong is the caller's choice.
 */
export interface CommandProduct {
  /** Begins the name of every command, and so shows in every prompt. */
  readonly name: string;
  readonly count: number;
  /** Commands that the code gets wrong, by attempt of the implement task (1 is the first). */
  readonly wrong: (attempt: number) => readonly number[];
  /** Commands whose test expects something that the PRD does not say, until it is disputed. */
  readonly wrongTests?: readonly number[];
  /** Text that is printed in front of the number; a changed PRD changes it. */
  readonly prefixes?: Readonly<Record<number, string>>;
}

const numbers = (product: CommandProduct) => Array.from({ length: product.count }, (_, index) => index + 1);
const printed = (product: CommandProduct, n: number) => `${product.prefixes?.[n] ?? ""}${n}`;
/** Heading, sentence, heading, then one list item a command. */
const blockOf = (n: number) => `B${n + 3}`;

export function prdOf(product: CommandProduct): string {
  const items = numbers(product).map(
    (n) => `- \`cmds ${product.name}${n}\` prints \`${printed(product, n)}\` and a line break.`,
  );
  return `# cmds\n\nA tool with ${product.count} commands.\n\n## Commands\n\n${items.join("\n")}\n`;
}

export function requirementsOf(product: CommandProduct) {
  return {
    requirements: numbers(product).map((n) => ({
      id: `R${n}`,
      block_ids: [blockOf(n)],
      kind: "functional",
      priority: "must",
      title: `${product.name}${n} prints ${printed(product, n)}`,
      text: `\`cmds ${product.name}${n}\` prints \`${printed(product, n)}\` and a line break.`,
      acceptance_criteria: [`Standard output of cmds ${product.name}${n} is exactly "${printed(product, n)}\\n".`],
      verification_method: "test",
    })),
    dispositions: ["B1", "B2", "B3"].map((block_id) => ({
      block_id,
      disposition: "context",
      reason: "names the tool",
    })),
    questions: [],
  };
}

export function planOf(product: CommandProduct) {
  const ids = numbers(product).map((n) => `R${n}`);
  return {
    toolchain: "python",
    summary: "One package with a table of commands.",
    components: [{ name: "cmds", purpose: "the whole tool", paths: ["cmds/**"], requirement_ids: ids }],
    interfaces: {
      modules: [
        { path: "cmds/__init__.py", purpose: "package", symbols: [] },
        {
          path: "cmds/__main__.py",
          purpose: "command line",
          symbols: [
            { kind: "function", name: "main", signature: "def main(argv: list[str]) -> int", methods: [], doc: "" },
          ],
        },
      ],
      cli: [{ name: "cmds", command: ["python3", "-m", "cmds"], usage: "cmds COMMAND" }],
      http: [],
    },
    dependencies: [],
    tasks: [
      {
        key: "T1",
        title: "The commands",
        description: "Write the table of commands.",
        requirement_ids: ids,
        closes: ids,
        depends_on: [],
        file_scope: ["cmds/**"],
      },
    ],
  };
}

function testOf(product: CommandProduct, n: number, right: boolean) {
  const expected = right ? printed(product, n) : `${printed(product, n)}!`;
  return {
    id: `R${n}-prints`,
    requirement_ids: [`R${n}`],
    title: `${product.name}${n} prints its number`,
    body: `const run = await product.cli(["${product.name}${n}"]);\nassert.equal(run.stdout, ${JSON.stringify(`${expected}\n`)}, run.stderr);\nassert.equal(run.exit_code, 0);`,
    timeout_s: 15,
  };
}

/** @param wanted ids of the requirements that tests are asked for, e.g. R1 */
export function suiteOf(product: CommandProduct, wanted: readonly string[]) {
  const tests = numbers(product)
    .filter((n) => wanted.includes(`R${n}`))
    .map((n) => testOf(product, n, !(product.wrongTests ?? []).includes(n)));
  return { prelude: "", tests, rulings: [] };
}

/** The ruling of another test author: the disputed tests are replaced by what the PRD says. */
export function rulingsOf(product: CommandProduct) {
  const disputed = product.wrongTests ?? [];
  return {
    prelude: "",
    tests: disputed.map((n) => testOf(product, n, true)),
    rulings: disputed.map((n) => ({
      test_id: `R${n}-prints`,
      ruling: "replaced",
      basis: `"prints \`${printed(product, n)}\`" has no exclamation mark`,
    })),
  };
}

export function codeOf(product: CommandProduct, attempt: number): Record<string, string> {
  const wrong = product.wrong(attempt);
  const rows = numbers(product).map(
    (n) => `    "${product.name}${n}": "${wrong.includes(n) ? `wrong ${n}` : printed(product, n)}",`,
  );
  return {
    "cmds/__init__.py": '"""A tool with commands."""\n',
    "cmds/__main__.py": `import sys\n\nTABLE = {\n${rows.join("\n")}\n}\n\n\ndef main(argv: list[str]) -> int:\n    if len(argv) != 1 or argv[0] not in TABLE:\n        print("usage: cmds COMMAND", file=sys.stderr)\n        return 2\n    print(TABLE[argv[0]])\n    return 0\n\n\nif __name__ == "__main__":\n    sys.exit(main(sys.argv[1:]))\n`,
  };
}
