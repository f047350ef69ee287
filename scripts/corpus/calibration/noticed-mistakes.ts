import { sha256Hex } from "@aura/shared/models/canonical-json";
import type { Tree } from "@aura/shared/models/tree";
import { openSandbox } from "../../../services/auditor/src/sandbox/open.ts";
import type { CorpusProduct, CorpusTest, Files } from "../corpus-files.ts";
import type { MeasuredMistake } from "./measured-suites.ts";

/** By mistake: the texts of tests that notice it. */
export type Noticed = ReadonlyMap<string, ReadonlySet<string>>;

/** Far more than a test takes: what is measured is not the machine. */
const TIMEOUT_S = 60;
const WALL_MS = 3_600_000;

/** The same test gets the same id, also where another suite holds it. */
const idOf = ({ id, body }: CorpusTest) => `${id}-${sha256Hex(body).slice(0, 12)}`;

/**
 * Runs every test of all suites on every mistake of the product, each alone, in the Auditor's own sandbox: a suite notices what
 * one of its tests notices.
 *
 * @param tell hears of each mistake as it is done
 */
export async function noticedMistakes(
  product: CorpusProduct,
  suites: readonly (readonly CorpusTest[])[],
  tell: (mistake: MeasuredMistake) => void,
): Promise<Noticed> {
  const sandbox = openSandbox({ sandbox: "auto" });
  const tests = [...new Map(suites.flat().map((test) => [idOf(test), test]))];
  const noticed = new Map<string, ReadonlySet<string>>();
  for (const { name, files, rule, what } of product.mistakes) {
    const fates = await sandbox.runMutants({
      ...{ tree: treeOf(files), toolchain: product.plan.toolchain, interfaces: product.plan.interfaces },
      ...{ prelude: product.prelude, attachments: new Map(), seed: 1, clock_offset_s: 0, surroundings: "bare" },
      tests: tests.map(([id, test]) => ({ ...test, id, timeout_s: TIMEOUT_S })),
      mutants: tests.map(([id]) => ({ files: [], test_ids: [id] })),
      wall_ms: WALL_MS,
    });
    if (fates.includes("not_run")) throw new Error(`${product.name}/${name}: not every test ran`);
    const found = tests.filter((_, index) => fates[index] === "killed").map(([id]) => id);
    noticed.set(name, new Set(found));
    tell({ product: product.name, name, rule, what, noticed_by: found.length, tests: tests.length });
  }
  await sandbox.killAll();
  return noticed;
}

/** How many of the mistakes a suite notices. */
export function countNoticed(noticed: Noticed, suite: readonly CorpusTest[]): number {
  const ids = suite.map(idOf);
  return [...noticed.values()].filter((found) => ids.some((id) => found.has(id))).length;
}

function treeOf(files: Files): Tree {
  return new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text, "utf8")]));
}
