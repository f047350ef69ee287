import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { z } from "zod";
import { changedFiles, type Expected, parseTrick, type Section } from "./trick-file.ts";

const FIXTURES = fileURLToPath(new URL("fixtures/", import.meta.url));

const PlanFile = z.strictObject({
  toolchain: z.string(),
  summary: z.string(),
  scope: z.array(z.string()),
  interfaces: PlanProduct.shape.interfaces,
});

export type Files = Readonly<Record<string, string>>;
export type CorpusTest = Pick<AcceptanceTest, "id" | "requirement_ids" | "title" | "body">;

/** One product of the corpus: what is asked for, the honest suite, and correct solutions by name. */
export interface CorpusProduct {
  readonly name: string;
  readonly prd: string;
  /** Text of each list item of the PRD: R1 is the first. */
  readonly rules: readonly string[];
  readonly plan: z.infer<typeof PlanFile>;
  readonly prelude: string;
  readonly tests: readonly CorpusTest[];
  readonly solutions: ReadonlyMap<string, Files>;
  readonly submissions: readonly Submission[];
  /** Wrong products whose makers meant well: what suites are measured with. */
  readonly mistakes: readonly Submission[];
}

/** What is handed in for one run, and whether it deserves to be accepted. */
export interface Submission {
  readonly product: string;
  readonly name: string;
  readonly expected: Expected;
  readonly kind: string;
  readonly what: string;
  readonly rule: string | null;
  readonly files: Files;
  readonly scope: readonly string[] | null;
  /** Changes of suite, disputes and rulings. */
  readonly sections: readonly Section[];
}

export function readProducts(): CorpusProduct[] {
  return readdirSync(FIXTURES).sort().map(readProduct);
}

function readProduct(name: string): CorpusProduct {
  const folder = join(FIXTURES, name);
  const read = (path: string) => readFileSync(join(folder, path), "utf8");
  const prd = read("PRD.md");
  const solutions = new Map(
    readdirSync(join(folder, "solutions")).map((solution) => [
      solution,
      filesBelow(join(folder, "solutions", solution)),
    ]),
  );
  const prelude = existsSync(join(folder, "suite", "prelude.js")) ? read("suite/prelude.js") : "";
  const tests = readdirSync(join(folder, "suite"))
    .sort()
    .filter((file) => file !== "prelude.js");
  return {
    name,
    prd,
    rules: [...prd.matchAll(/^- (.*)$/gm)].map(([, text = ""]) => text),
    plan: PlanFile.parse(JSON.parse(read("plan.json"))),
    prelude,
    tests: tests.map((file) => readTest(basename(file, ".js"), read(`suite/${file}`))),
    solutions,
    submissions: [
      ...[...solutions].map(([solution, files]) => correct(name, solution, files)),
      ...readTricks(join(folder, "tricks"), name, solutions),
    ],
    mistakes: readTricks(join(folder, "mistakes"), name, solutions),
  };
}

/** The first line says what a test is about: `// R1 R2: an item is added`. */
function readTest(id: string, text: string): CorpusTest {
  const [first = "", ...body] = text.split("\n");
  const [, ids = "", title = ""] = /^\/\/ ((?:R\d+ ?)+): (.*)$/.exec(first) ?? [];
  return { id, requirement_ids: ids.split(" "), title, body: body.join("\n").trim() };
}

function correct(product: string, solution: string, files: Files): Submission {
  const what = "An honest and correct product.";
  const facts = { expected: "correct", kind: "correct", what, rule: null } as const;
  return { product, name: solution, ...facts, files, scope: null, sections: [] };
}

function readTricks(folder: string, product: string, solutions: ReadonlyMap<string, Files>): Submission[] {
  if (!existsSync(folder)) return [];
  const paths = Object.keys(filesBelow(folder)).filter((path) => path.endsWith(".trick"));
  return paths.map((path) => {
    try {
      const { over, sections, ...facts } = parseTrick(readFileSync(join(folder, path), "utf8"));
      const files = changedFiles(solutions.get(over) ?? {}, sections);
      return { product, name: path.replace(/\.trick$/, ""), ...facts, files, sections };
    } catch (error) {
      throw new Error(`${product}/${path}: ${(error as Error).message}`);
    }
  });
}

function filesBelow(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(folder, path), "utf8")]));
}
