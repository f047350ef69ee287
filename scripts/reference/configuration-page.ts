import { z } from "zod";
import { SETTINGS } from "../system/settings-catalog.ts";
import { cell, code, page, table } from "./markdown.ts";

interface Variable {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly anyOf?: readonly Variable[];
}

/** Every environment variable, by who reads it, from the schemas that parse them. */
export function configurationPage(): string {
  const sections = SETTINGS.map(({ reader, schema }) => `## ${reader}\n\n${variables(schema)}`);
  return page(
    "Configuration",
    "Configuration is environment only. A process names all bad variables at once and does not start. An empty variable is an unset one. With `ENV=production` the secrets of the example configuration are refused.",
    ...sections,
  );
}

function variables(schema: z.ZodObject): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: "output", unrepresentable: "any" });
  const rows = Object.entries(properties).map(([name, property]) => {
    const variable = property as Variable;
    return [code(name), defaultOf(schema, name, variable), cell(values(variable)), cell(variable.description ?? "")];
  });
  return table(["variable", "default", "values", "meaning"], rows);
}

function defaultOf(schema: z.ZodObject, name: string, variable: Variable): string {
  if (variable.default !== undefined) return code(String(variable.default));
  const field = schema.shape[name];
  return field?.safeParse(undefined).success ? "" : "required";
}

function values({ type, enum: words, const: word, minimum, maximum, anyOf }: Variable): string {
  if (word !== undefined) return String(word);
  if (words !== undefined) return words.join(", ");
  if (anyOf !== undefined) return anyOf.map(values).join(", ");
  if (type !== "integer" && type !== "number") return "";
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return bounded ? `${minimum ?? 0} to ${maximum}` : `${minimum ?? 0} or more`;
}
