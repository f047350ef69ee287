import { TreePath } from "@aura/shared/schemas/prd";
import type { ZodType } from "zod";
import type { JailEnd } from "../sandbox/jail.ts";
import { cut, cutFront } from "./records.ts";

/** Characters of one input or output that are shown to whoever repairs the product. */
export const SHOWN = 700;

/** The product failed a call; shown to whoever repairs it. */
export class ProductError extends Error {}
/** The test asked for something that does not exist. */
export class UsageError extends Error {}

export function describeEnd(end: JailEnd): string {
  const how = end.exit_code === null ? `ended by ${end.reason}` : `exit code ${end.exit_code}`;
  const stdout = end.stdout === "" ? "" : `\nstdout: ${cut(end.stdout, SHOWN)}`;
  const stderr = end.stderr === "" ? "" : `\nstderr: ${cutFront(end.stderr, SHOWN)}`;
  return `${how}${stdout}${stderr}`;
}

export function findInterface<T extends { readonly name: string }>(
  all: readonly T[],
  name: string | undefined,
  what: string,
): T {
  const found = name === undefined ? all[0] : all.find((candidate) => candidate.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    name === undefined ? `the plan has no ${what}` : `the plan has no ${what} ${JSON.stringify(name)}`,
  );
}

export function check<T>(schema: ZodType<T>, value: unknown, usage: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UsageError(`${usage}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}

export function checkPath(value: unknown): string {
  const parsed = TreePath.safeParse(typeof value === "string" ? value.replace(/^(\.\/|\/work\/)/, "") : value);
  if (parsed.success) return parsed.data;
  throw new UsageError(`${JSON.stringify(value)} is not a path in the working directory`);
}

export function checkText(value: unknown): string {
  if (typeof value === "string") return value;
  throw new UsageError("product.write(path, text) takes a text");
}

export function parseArguments(text: string): readonly unknown[] {
  const value = parseJson(text);
  if (!Array.isArray(value)) throw new UsageError("arguments must be values that JSON has");
  return value.map((part) => part ?? undefined);
}

export function lastLineJson(stdout: string): unknown {
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(line);
  } catch {
    throw new ProductError(`the probe's last line is not JSON: ${JSON.stringify(cut(line, SHOWN))}`);
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
