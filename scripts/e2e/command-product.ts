import type { Implementation, ScriptedProduct } from "./scripted-model.ts";

type Tool = "cmds" | "more";

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
  /** Even numbers belong to a second tool, `more`, with a task of its own that may run beside the first. */
  readonly twoTools?: boolean;
  /** The first tool changes its words as soon as the second is there, until it has seen that fail. */
  readonly clash?: boolean;
  /** Each tool has a function `retired` that nothing calls. */
  readonly unused?: boolean;
  /** Seconds that the code takes for every command. */
  readonly slow_s?: number;
}

const numbers = (product: CommandProduct) => Array.from({ length: product.count }, (_, index) => index + 1);
const printed = (product: CommandProduct, n: number) => `${product.prefixes?.[n] ?? ""}${n}`;
const toolOf = ({ twoTools = false }: CommandProduct, n: number): Tool => (twoTools && n % 2 === 0 ? "more" : "cmds");
const commandOf = (product: CommandProduct, n: number) => `${toolOf(product, n)} ${product.name}${n}`;
/** Heading, sentence, heading, then one list item a command. */
const blockOf = (n: number) => `B${n + 3}`;

/** What the agents of a run answer that builds `product`. */
export function scripted(product: CommandProduct): ScriptedProduct {
  return {
    name: product.name,
    requirements: () => requirementsOf(product),
    plan: () => planOf(product),
    suite: (wanted) => suiteOf(product, wanted),
    rulings: () => rulingsOf(product),
    implementation: (prompt) => implementationOf(product, prompt),
  };
}

export function prdOf(product: CommandProduct): string {
  const items = numbers(product).map(
    (n) => `- \`${commandOf(product, n)}\` prints \`${printed(product, n)}\` and a line break.`,
  );
  return `# cmds\n\nA tool with ${product.count} commands.\n\n## Commands\n\n${items.join("\n")}\n`;
}

function requirementsOf(product: CommandProduct) {
  return {
    requirements: numbers(product).map((n) => ({
      id: `R${n}`,
      block_ids: [blockOf(n)],
      kind: "functional",
      priority: "must",
      title: `${product.name}${n} prints ${printed(product, n)}`,
      text: `\`${commandOf(product, n)}\` prints \`${printed(product, n)}\` and a line break.`,
      acceptance_criteria: [`Standard output of ${commandOf(product, n)} is exactly "${printed(product, n)}\\n".`],
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

function planOf(product: CommandProduct) {
  const tools: Tool[] = product.twoTools ? ["cmds", "more"] : ["cmds"];
  return {
    toolchain: "python",
    summary: "A package for each tool, with a table of commands.",
    components: tools.map((tool) => ({
      name: tool,
      purpose: "the whole tool",
      paths: [`${tool}/**`],
      requirement_ids: idsOf(product, tool),
    })),
    interfaces: {
      modules: tools.flatMap(modulesOf),
      cli: tools.map((tool) => ({ name: tool, command: ["python3", "-m", tool], usage: `${tool} COMMAND` })),
      http: [],
    },
    dependencies: [],
    tasks: tools.map((tool, index) => ({
      key: `T${index + 1}`,
      title: `The commands of ${tool}`,
      description: "Write the table of commands.",
      requirement_ids: idsOf(product, tool),
      closes: idsOf(product, tool),
      depends_on: [],
      file_scope: [`${tool}/**`],
    })),
  };
}

function idsOf(product: CommandProduct, tool: Tool): string[] {
  return numbers(product)
    .filter((n) => toolOf(product, n) === tool)
    .map((n) => `R${n}`);
}

function modulesOf(tool: Tool) {
  const main = { kind: "function", name: "main", signature: "def main(argv: list[str]) -> int", methods: [], doc: "" };
  return [
    { path: `${tool}/__init__.py`, purpose: "package", symbols: [] },
    { path: `${tool}/__main__.py`, purpose: "command line", symbols: [main] },
  ];
}

function testOf(product: CommandProduct, n: number, right: boolean) {
  const expected = right ? printed(product, n) : `${printed(product, n)}!`;
  return {
    id: `R${n}-prints`,
    requirement_ids: [`R${n}`],
    title: `${product.name}${n} prints its number`,
    body: `const run = await product.cli(["${product.name}${n}"], { name: "${toolOf(product, n)}" });\nassert.equal(run.stdout, ${JSON.stringify(`${expected}\n`)}, run.stderr);\nassert.equal(run.exit_code, 0);`,
    timeout_s: 15,
  };
}

function suiteOf(product: CommandProduct, wanted: readonly string[]) {
  const tests = numbers(product)
    .filter((n) => wanted.includes(`R${n}`))
    .map((n) => testOf(product, n, !(product.wrongTests ?? []).includes(n)));
  return { prelude: "", tests, rulings: [] };
}

/** The ruling of another test author: the disputed tests are replaced by what the PRD says. */
function rulingsOf(product: CommandProduct) {
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

/** The attempt is told from the prompt: only later ones bring the evidence of a failure. */
function implementationOf(product: CommandProduct, prompt: string): Implementation {
  const failedBefore = /Test R\d+-prints/.test(prompt);
  const tool = /^- (cmds|more)\/\*\*$/m.exec(prompt)?.[1] as Tool; // from its file scope
  const disputed = failedBefore ? [] : (product.wrongTests ?? []);
  return {
    files: codeOf(product, failedBefore ? 2 : 1, tool),
    disputes: disputed.map((n) => ({ test_id: `R${n}-prints`, basis: "the PRD has no exclamation mark" })),
  };
}

function codeOf(product: CommandProduct, attempt: number, tool: Tool): Record<string, string> {
  const wrong = product.wrong(attempt);
  const rows = numbers(product)
    .filter((n) => toolOf(product, n) === tool)
    .map((n) => `    "${product.name}${n}": "${wrong.includes(n) ? `wrong ${n}` : printed(product, n)}",`);
  const clashes = product.clash === true && tool === "cmds" && attempt === 1;
  return {
    [`${tool}/__init__.py`]: `"""A tool with commands."""\n\nPREFIX = "clash "\n${product.unused ? RETIRED : ""}`,
    [`${tool}/__main__.py`]: mainOf(tool, rows, clashes ? READ_PREFIX : 'PREFIX = ""', product.slow_s ?? 0),
  };
}

const RETIRED = '\n\ndef retired():\n    return "no command any more"\n';

const READ_PREFIX = `try:
    from more import PREFIX
except ImportError:
    PREFIX = ""`;

function mainOf(tool: Tool, rows: readonly string[], prefix: string, slow_s: number): string {
  return `import sys
import time

${prefix}
TABLE = {
${rows.join("\n")}
}


def main(argv: list[str]) -> int:
    if len(argv) != 1 or argv[0] not in TABLE:
        print("usage: ${tool} COMMAND", file=sys.stderr)
        return 2
    time.sleep(${slow_s})
    print(PREFIX + TABLE[argv[0]])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
`;
}
