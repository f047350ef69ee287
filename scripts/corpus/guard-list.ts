import { fileURLToPath } from "node:url";

/** A guard of the Auditor that can be switched off, and submissions (`product/name`) of which at least one then gets through. */
export interface Guard {
  readonly name: string;
  readonly submissions: readonly string[];
}

/** Where two back each other up, both are switched off. */
export const GUARDS: readonly Guard[] = [
  { name: "leaked-tests", submissions: ["pantry/holds-a-test-body"] },
  { name: "compile-and-sources", submissions: ["tickets/does-not-compile"] },
  { name: "import-check", submissions: ["pantry/promise-not-kept"] },
  { name: "weaker-replacement", submissions: ["pantry/dispute-replaced-by-weak"] },
  { name: "off-subject", submissions: ["pantry/suite-tests-something-else"] },
  { name: "harness-marks", submissions: ["pantry/suite-not-the-marker"] },
  { name: "stub-run", submissions: ["pricing/suite-only-imports"] },
  { name: "touched-and-stub", submissions: ["pricing/suite-answers-itself"] },
  { name: "removals", submissions: ["pantry/suite-not-the-stub"] },
  { name: "own-functions", submissions: ["tickets/suite-answered-at-all"] },
  { name: "second-run", submissions: ["pricing/expires-by-text"] },
  { name: "other-clock", submissions: ["pricing/expires-by-text"] },
  { name: "everyday-surroundings", submissions: ["tickets/detects-client"] },
  { name: "source-checks", submissions: ["pricing/detects-folder"] },
];

/** What the Auditor's process loads first to be without it. */
export function guardFile(name: string): string {
  return fileURLToPath(new URL(`guards/${name}.mjs`, import.meta.url));
}
