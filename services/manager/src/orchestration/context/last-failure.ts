import type { LastFailure } from "@aura/shared/schemas/task-context";
import type { TestResult, VerificationReport } from "@aura/shared/schemas/verification-report";

const TESTS_MAX = 20;
const FINDINGS_MAX = 50;
const TEXT_MAX = 2000;

export interface FailureSources {
  /** Newest verdict about the task that was not accepted; null: there is none. */
  readonly last: VerificationReport | null;
  /** Verdict about the attempt whose work is in the tree; null: the last one's, or none is. */
  readonly best: VerificationReport | null;
  readonly note: string | null;
}

/**
 * What an agent is told about what failed: at most 20 failing tests in the order of their ids, every text bounded,
 * nothing in it that another run of the same work would not have (no id, time or duration). Tests are told from the
 * attempt whose work lies in the tree; the findings, and what a worse attempt broke, from the last one.
 *
 * @returns null when nothing failed and there is nothing to say
 */
export function lastFailure({ last, best, note }: FailureSources): LastFailure | null {
  const told = best ?? last;
  const said = [note, best === null || last === null ? null : worseAttempt(best, last)].filter((text) => text !== null);
  if (told === null && said.length === 0) return null;
  const tests = [...(told?.tests ?? [])].sort(byId);
  return {
    findings: (last?.findings ?? []).slice(0, FINDINGS_MAX).map((finding) => ({
      ...finding,
      message: bounded(finding.message) ?? "",
    })),
    tests: tests
      .filter((test) => test.outcome !== "pass")
      .slice(0, TESTS_MAX)
      .map(toldTest),
    passed_test_ids: tests.filter((test) => test.outcome === "pass").map((test) => test.test_id),
    note: bounded(said.length === 0 ? null : said.join("\n")),
  };
}

function worseAttempt(best: VerificationReport, last: VerificationReport): string | null {
  if (best === last) return null;
  const passed = new Set(best.tests.filter((test) => test.outcome === "pass").map((test) => test.test_id));
  const broken = last.tests
    .filter((test) => test.outcome !== "pass" && passed.has(test.test_id))
    .map((test) => test.test_id);
  const which = broken.length === 0 ? "" : ` It broke ${broken.sort().slice(0, TESTS_MAX).join(", ")}.`;
  return `The last attempt was no improvement and is not in the files.${which} The files hold the best attempt so far.`;
}

function toldTest(test: TestResult): LastFailure["tests"][number] {
  const { test_id, requirement_ids, outcome } = test;
  return {
    test_id,
    requirement_ids,
    outcome,
    input: bounded(test.input),
    expected: bounded(test.expected),
    observed: bounded(test.observed),
    message: bounded(test.message),
  };
}

function byId(a: TestResult, b: TestResult): number {
  return a.test_id < b.test_id ? -1 : 1;
}

function bounded(text: string | null): string | null {
  if (text === null || text.length <= TEXT_MAX) return text;
  return `${text.slice(0, TEXT_MAX)} [${text.length - TEXT_MAX} more characters]`;
}
