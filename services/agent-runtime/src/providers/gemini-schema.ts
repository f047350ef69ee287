type Node = Record<string, unknown>;

/** Keywords of JSON Schema that Gemini's function declarations take as they are; others are refused with status 400. */
const KEPT = new Set([
  ...["type", "format", "title", "description", "nullable", "enum", "required", "minItems", "maxItems", "minLength"],
  ...["maxLength", "minimum", "maximum"],
]);

/**
 * JSON schema of a tool's arguments in the dialect of Gemini's function declarations, which knows no `const`, no lists of
 * types and no `additionalProperties`. What it cannot say is left out: zod checks the arguments anyway.
 */
export function geminiSchema(schema: Node): Node {
  const kept: Node = Object.fromEntries(Object.entries(schema).filter(([key]) => KEPT.has(key)));
  if ("const" in schema) Object.assign(kept, { type: "string", enum: [String(schema.const)] });
  Object.assign(kept, typeOf(schema), unionOf(schema));
  if (isNode(schema.items)) kept.items = geminiSchema(schema.items);
  if (isNode(schema.properties)) kept.properties = mapValues(schema.properties);
  return kept;
}

/** `["string", "null"]` becomes a nullable string. */
function typeOf({ type }: Node): Node {
  if (!Array.isArray(type)) return {};
  const [first = "string"] = type.filter((each) => each !== "null");
  return { type: first, ...(type.includes("null") ? { nullable: true } : {}) };
}

/** A union with null is a nullable schema; any other union stays one. */
function unionOf(schema: Node): Node {
  const all = schema.anyOf ?? schema.oneOf;
  if (!Array.isArray(all)) return {};
  const some = all.filter(isNode).filter(({ type }) => type !== "null");
  const nullable = some.length < all.length ? { nullable: true } : {};
  const [only] = some;
  if (some.length === 1 && only !== undefined) return { ...geminiSchema(only), ...nullable };
  return { anyOf: some.map(geminiSchema), ...nullable };
}

function mapValues(properties: Node): Node {
  const entries = Object.entries(properties).map(([name, value]) => [name, isNode(value) ? geminiSchema(value) : {}]);
  return Object.fromEntries(entries);
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
