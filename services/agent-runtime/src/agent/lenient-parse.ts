import type { z } from "zod";

const ISSUES_MAX = 20;

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/**
 * Parses what a model wrote. Fields that the schema does not know are dropped instead of refused: a model that adds a
 * remark has not made a mistake worth a turn. Everything else comes back as a list the model can mend.
 */
export function parseLeniently<T>(schema: z.ZodType<T>, input: unknown): Parsed<T> {
  const copy = structuredClone(input);
  for (let pass = 0; pass < 3; pass += 1) {
    const result = schema.safeParse(copy);
    if (result.success) return { ok: true, value: result.data };
    if (!dropUnknownKeys(copy, result.error.issues)) return { ok: false, problem: issuesText(result.error.issues) };
  }
  const last = schema.safeParse(copy);
  return last.success ? { ok: true, value: last.data } : { ok: false, problem: issuesText(last.error.issues) };
}

function dropUnknownKeys(root: unknown, issues: readonly z.core.$ZodIssue[]): boolean {
  let dropped = false;
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") continue;
    const holder = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | null)?.[key], root);
    if (typeof holder !== "object" || holder === null) continue;
    for (const key of issue.keys) dropped = delete (holder as Record<string, unknown>)[key] || dropped;
  }
  return dropped;
}

function issuesText(issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.slice(0, ISSUES_MAX).map((issue) => `- ${issue.path.join(".") || "(top)"}: ${issue.message}`);
  if (issues.length > ISSUES_MAX) lines.push(`- and ${issues.length - ISSUES_MAX} more`);
  return lines.join("\n");
}
