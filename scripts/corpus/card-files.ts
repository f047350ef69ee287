import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { machineFacts } from "../bench/machine.ts";
import { auraHome } from "../system/aura-home.ts";
import type { CorpusProduct } from "./corpus-files.ts";
import { type Case, caseName, type Result } from "./corpus-run.ts";
import { cardPage, type GuardTrial, reportCard } from "./report-card.ts";

const KEPT = () => join(auraHome(), "corpus.json");
const KEPT_GUARDS = () => join(auraHome(), "corpus-guards.json");
const DOCS = fileURLToPath(new URL("../../docs/operations/", import.meta.url));

/** When, and at which commit, it was judged. */
type Kept = Result & { readonly at: string; readonly revision: string };

/** Puts results in the place of earlier ones of the same submissions. */
export function keepResults(results: readonly Result[]): void {
  const at = new Date().toISOString().slice(0, 10);
  const kept = new Map(readKept().map((result) => [keyOf(result), result]));
  for (const result of results) kept.set(keyOf(result), { ...result, at, revision: revision() });
  mkdirSync(auraHome(), { recursive: true });
  writeFileSync(KEPT(), `${JSON.stringify([...kept.values()], null, 1)}\n`);
}

/** The cases of which no result is kept. */
export function withoutJudged(cases: readonly Case[]): Case[] {
  const kept = new Set(readKept().map(keyOf));
  return cases.filter((one) => !kept.has(caseName(one)));
}

/** Puts what single guards keep out in the place of what was found of them earlier. */
export function keepGuards(trials: readonly GuardTrial[]): void {
  const kept = new Map(readGuards().map((trial) => [trial.guard, trial]));
  for (const trial of trials) kept.set(trial.guard, trial);
  mkdirSync(auraHome(), { recursive: true });
  writeFileSync(KEPT_GUARDS(), `${JSON.stringify([...kept.values()], null, 1)}\n`);
}

/** Writes the report card of all submissions that exist and were judged. */
export function publishCard(products: readonly CorpusProduct[]): void {
  const kept = new Map(readKept().map((result) => [keyOf(result), result]));
  const all = products.flatMap(({ submissions }) => submissions);
  const results = all.map((one) => kept.get(keyOf(one))).filter((result) => result !== undefined);
  const days = [...new Set(results.map(({ at }) => at))].sort();
  const facts = [
    `judged on ${days.join(" and ")}: ${results.length} of ${all.length} submissions of the corpus`,
    ...(results.length < all.length
      ? ["the others were not judged yet, so the rates are those of a part that nobody drew at random"]
      : []),
    `at revision ${revisionsOf(results)}; published at ${revision()}`,
    `machine: ${machineFacts()}`,
  ];
  writeFileSync(join(DOCS, "AUDITOR_REPORT_CARD.md"), cardPage(results, readGuards(), facts));
  const { false_accepts, false_rejects } = reportCard(results);
  const shown = results.map(({ what: _, seconds: __, ...rest }) => rest);
  const card = { judged_on: days, false_accepts, false_rejects, guards: readGuards(), results: shown };
  writeFileSync(join(DOCS, "AUDITOR_REPORT_CARD.json"), `${JSON.stringify(card, null, 1)}\n`);
}

/** Of the commit that is checked out. */
export const revision = () =>
  execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: DOCS, encoding: "utf8" }).trim();

/** `1a2b3c4 (258) and 5d6e7f8 (5)`. */
function revisionsOf(results: readonly Kept[]): string {
  const groups = [...Map.groupBy(results, (result) => result.revision)];
  return groups.map(([name, { length }]) => `${name} (${length})`).join(" and ");
}

const keyOf = ({ product, name }: { product: string; name: string }) => `${product}/${name}`;

function readKept(): Kept[] {
  return existsSync(KEPT()) ? (JSON.parse(readFileSync(KEPT(), "utf8")) as Kept[]) : [];
}

function readGuards(): GuardTrial[] {
  return existsSync(KEPT_GUARDS()) ? (JSON.parse(readFileSync(KEPT_GUARDS(), "utf8")) as GuardTrial[]) : [];
}
