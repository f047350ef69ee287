import { fileURLToPath } from "node:url";

/** A guard of the Auditor that can be switched off, and submissions (`product/name`) of which at least one then gets through. */
export interface Guard {
  readonly name: string;
  readonly submissions: readonly string[];
}

const UNTESTED_UNDO = ["pantry/suite-not-asserting", "pantry/suite-tautology", "pantry/suite-not-the-stub"];

export const GUARDS: readonly Guard[] = [
  { name: "pass-needs-evidence", submissions: ["pricing/suite-answers-itself", "pantry/suite-never-reaches-product"] },
  { name: "file-scope", submissions: ["pantry/writes-outside-its-scope"] },
  { name: "leaked-tests", submissions: ["pantry/holds-a-test-body"] },
  { name: "compile-check", submissions: ["pantry/does-not-compile", "tickets/does-not-compile"] },
  { name: "import-check", submissions: ["pantry/promise-not-kept"] },
  { name: "implement-tests", submissions: ["pantry/partial-no-undo", "pantry/fails-now-and-then"] },
  { name: "suite-rules", submissions: ["pantry/suite-without-undo", "pantry/suite-not-asserting"] },
  { name: "ruling-rules", submissions: ["pantry/dispute-changes-another"] },
  { name: "stub-run", submissions: UNTESTED_UNDO },
  { name: "body-removal", submissions: [...UNTESTED_UNDO, "tickets/suite-only-serves"] },
  { name: "stub-and-removal", submissions: UNTESTED_UNDO },
  {
    name: "second-run",
    submissions: ["pantry/expires-next-week", "pricing/depends-on-hashes", "pantry/suite-not-the-stub"],
  },
  { name: "other-clock", submissions: ["pantry/expires-next-week", "tickets/expires-next-week"] },
  { name: "product-touched", submissions: ["pricing/suite-answers-itself"] },
  { name: "touched-and-stub", submissions: ["pricing/suite-answers-itself"] },
];

/** What the Auditor's process loads first to be without it. */
export function guardFile(name: string): string {
  return fileURLToPath(new URL(`guards/${name}.mjs`, import.meta.url));
}
