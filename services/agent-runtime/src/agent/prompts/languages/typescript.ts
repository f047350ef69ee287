import type { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { LanguageWords } from "./words.ts";

const PLAN: PlanProduct = {
  toolchain: "typescript",
  summary: "src/counting.ts holds the pure functions, src/main.ts the command line. One developer builds all of it.",
  components: [
    { name: "counting", purpose: "splits text into words", paths: ["src/counting.ts"], requirement_ids: ["R1"] },
    {
      name: "command line",
      purpose: "arguments, errors, exit status",
      paths: ["src/main.ts", "package.json", "README.md"],
      requirement_ids: ["R1", "R2", "R3"],
    },
  ],
  interfaces: {
    modules: [
      {
        path: "src/counting.ts",
        purpose: "pure functions on text",
        symbols: [
          {
            kind: "function",
            name: "countWords",
            signature: "export function countWords(text: string): number",
            methods: [],
            doc: "number of runs of characters that are not white space",
          },
        ],
      },
    ],
    cli: [
      {
        name: "words",
        command: ["node", "src/main.ts"],
        usage:
          'words count FILE [--json]\n  prints `N words`; --json prints {"words": N}\nexit status 0 success, 1 unreadable FILE (message on standard error), 2 wrong usage (usage line on standard error)',
      },
    ],
    http: [],
  },
  dependencies: [],
  tasks: [
    {
      key: "T1",
      title: "Build words",
      description:
        'Write src/counting.ts and src/main.ts as the interfaces say, a package.json that says `"type": "module"`, and a README with usage.',
      requirement_ids: ["R1", "R2", "R3"],
      closes: ["R1", "R2", "R3"],
      depends_on: [],
      file_scope: ["src/**", "tests/**", "package.json", "README.md"],
    },
  ],
};

const PROBE = `const counted = await product.probe(\`
import { countWords } from "/product/src/counting.ts";
console.log(JSON.stringify([countWords(""), countWords(" a  b\\\\tc ")]));
\`);
assert.deepEqual(counted, [0, 3]);`;

export const TYPESCRIPT: LanguageWords = {
  plan: PLAN,
  commands: 'in TypeScript always ["node", "<path>.ts"], with that file in a task\'s file scope',
  signatures:
    "`export function parse(path: string): string[]`, `export class Journal`, `export class ParseError extends Error`, `export const LIMIT: number`",
  methods: "`total(depth?: number): string`",
  types:
    "Types use built-in names or symbols of the same list; a shape is a symbol of kind class without methods, its signature on one line (`export interface Entry { date: string; amount: bigint }`). Every symbol is exported by its name.",
  registry: "npm",
  ranges: "`^4.1.0`, `~2.3.1`, or an empty text for the newest",
  manifest: "package.json",
  pinned: 'as `"dependencies": {"name": "version"}` with no range and no other kind of dependencies',
  files: "modules, the files that commands start, package.json, data files",
  probe: PROBE,
  printing:
    "In TypeScript the snippet is a module: it imports a module by its place under /product (`/product/src/counting.ts`) and prints with `console.log(JSON.stringify(...))`. Print what you saw and compare it in the test.",
  documentation: "doc comments",
  trace: "stack trace",
  starting: "node:child_process",
};
