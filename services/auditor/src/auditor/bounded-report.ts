import type { Coverage, Mutation, VerificationReport } from "@aura/shared/schemas/verification-report";

/** Characters of one text of a test result: enough to mend by, small enough for a prompt. */
const TEXT_MAX = 4000;
/** Characters of the name of a function or file. */
const NAME_MAX = 300;
/** Characters of the output of one run. */
const OUTPUT_MAX = 64_000;

/** The report with every text that came out of a sandbox cut to size and made storable. */
export function boundedReport(report: VerificationReport): VerificationReport {
  return {
    ...report,
    tests: report.tests.map((test) => ({
      ...test,
      input: boundedOrNull(test.input),
      expected: boundedOrNull(test.expected),
      observed: boundedOrNull(test.observed),
      message: boundedOrNull(test.message),
    })),
    evidence: report.evidence.map((item) => ({
      ...item,
      command: item.command.map((word) => bounded(word, TEXT_MAX)),
      output: bounded(item.output, OUTPUT_MAX),
    })),
    findings: report.findings.map((found) => ({ ...found, message: bounded(found.message, TEXT_MAX) })),
    ...(report.coverage === undefined ? {} : { coverage: boundedCoverage(report.coverage) }),
    ...(report.mutation === undefined ? {} : { mutation: boundedMutation(report.mutation) }),
  };
}

function boundedMutation(mutation: Mutation): Mutation {
  const survived = mutation.survived.map((mutant) => ({
    ...mutant,
    path: bounded(mutant.path, NAME_MAX),
    function: bounded(mutant.function, NAME_MAX),
    operator: bounded(mutant.operator, NAME_MAX),
    behaviour: bounded(mutant.behaviour, TEXT_MAX),
  }));
  return { ...mutation, survived };
}

function boundedCoverage(coverage: Coverage): Coverage {
  const unreached = coverage.unreached.map(({ path, name, line }) => ({
    ...{ path: bounded(path, NAME_MAX), name: bounded(name, NAME_MAX) },
    line,
  }));
  const files = coverage.files.map((file) => ({ ...file, path: bounded(file.path, NAME_MAX) }));
  return { ...coverage, files, unreached };
}

function boundedOrNull(text: string | null): string | null {
  return text === null ? null : bounded(text, TEXT_MAX);
}

/** Postgres stores no NUL, canonical JSON no half of a surrogate pair. */
function bounded(text: string, max: number): string {
  const storable = text.replaceAll("\u0000", "\uFFFD").toWellFormed();
  if (storable.length <= max) return storable;
  return `${storable.slice(0, max).toWellFormed()}\n[${storable.length - max} more characters]`;
}
