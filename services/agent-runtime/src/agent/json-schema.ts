import { z } from "zod";

/**
 * JSON schema of what a model is asked to write. Keywords in `hidden` are left out wherever they are keywords and kept
 * where they are names of properties.
 */
function shown(schema: z.ZodType, hidden: (keyword: string, value: unknown) => boolean): Record<string, unknown> {
  const visit = (node: unknown, names: boolean): unknown => {
    if (Array.isArray(node)) return node.map((each) => visit(each, false));
    if (typeof node !== "object" || node === null) return node;
    const kept = Object.entries(node).filter(([key, value]) => names || !hidden(key, value));
    return Object.fromEntries(kept.map(([key, value]) => [key, visit(value, key === "properties" && !names)]));
  };
  return visit(z.toJSONSchema(schema, { io: "input" }), false) as Record<string, unknown>;
}

/** For tools: without the keywords that servers which compile schemas to grammars stumble over. zod checks them anyway. */
export function schemaForTool(schema: z.ZodType): Record<string, unknown> {
  return shown(schema, (keyword) => keyword === "$schema" || keyword === "pattern" || keyword === "format");
}

const PATTERN_CHARS_MAX = 40;

/** For prompts: with the patterns that a reader can take in. */
export function schemaForPrompt(schema: z.ZodType): Record<string, unknown> {
  return shown(
    schema,
    (keyword, value) => keyword === "$schema" || (keyword === "pattern" && String(value).length > PATTERN_CHARS_MAX),
  );
}
