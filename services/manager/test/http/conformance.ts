import { isDeepStrictEqual } from "node:util";
import { PROBLEMS } from "@aura/shared/problems";
import { Problem } from "@aura/shared/schemas/api/conventions";
import type { Operation } from "@aura/shared/schemas/api/operation";
import type { z } from "zod";

export interface Received {
  readonly status: number;
  readonly media: string;
  readonly text: string;
}

/**
 * What is wrong with a reply, by the names that Schemathesis has for it; empty when nothing is. A field that the schema does
 * not declare is wrong too, even where the schema would pass over it.
 */
export function violations(operation: Operation, { status, media, text }: Received): string[] {
  if (status >= 500) return [`not_a_server_error: ${status} ${text}`];
  if (status === (operation.status ?? 200)) return successViolations(operation, media, text);
  if (status < 400) return [`status_code_conformance: ${status}`];
  if (media !== "application/problem+json") return [`content_type_conformance: ${status} is ${media}, not a problem`];
  const wrong = schemaViolations(Problem, text);
  if (wrong.length > 0) return wrong;
  const problem = Problem.parse(JSON.parse(text));
  const told = PROBLEMS[problem.code];
  const isTold = problem.status === status && told.status === status && problem.hint === told.hint;
  return isTold ? [] : [`status_code_conformance: ${problem.code} came as ${status}`];
}

function successViolations({ reply, media: declared = [] }: Operation, media: string, text: string): string[] {
  if (declared.includes(media)) return [];
  if (reply === undefined || media !== "application/json")
    return [`content_type_conformance: ${media} is not declared`];
  return schemaViolations(reply, text);
}

function schemaViolations(schema: z.ZodType, text: string): string[] {
  const body = parseJson(text);
  const parsed = schema.safeParse(body);
  if (!parsed.success)
    return parsed.error.issues.map(({ path, message }) => `response_schema_conformance: ${path.join(".")}: ${message}`);
  return isDeepStrictEqual(parsed.data, body)
    ? []
    : ["response_schema_conformance: the reply has a field that is not declared"];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
