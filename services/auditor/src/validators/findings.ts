import type { Finding } from "@aura/shared/schemas/verification-report";
import type { z } from "zod";

/** A list that long tells an agent nothing more. */
const FINDINGS_MAX = 100;

/** One mechanical finding. `message` tells the agent what to mend and how. */
export function finding(code: string, subject: string | null, message: string): Finding {
  return { code, subject, message };
}

/** At most `FINDINGS_MAX` findings, the last one saying how many more there were. */
export function boundedFindings(findings: readonly Finding[]): Finding[] {
  if (findings.length <= FINDINGS_MAX) return [...findings];
  const left = findings.length - FINDINGS_MAX;
  return [...findings.slice(0, FINDINGS_MAX), finding("more_findings", null, `And ${left} more of these kinds.`)];
}

/** What is wrong with a product that is not of its schema. */
export function malformedProduct(error: z.ZodError): Finding[] {
  return error.issues.map((issue) => {
    const path = issue.path.join(".");
    return finding(
      "malformed_product",
      path === "" ? null : path,
      `${path === "" ? "product" : path}: ${issue.message}`,
    );
  });
}

/** The values that occur more than once, in the order of their second occurrence, each once. */
export function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const value of values) (seen.has(value) ? twice : seen).add(value);
  return [...twice];
}

/** The first `max` characters on one line, for quoting in a message. */
export function excerpt(text: string, max = 80): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}
