import fc, { type Arbitrary } from "fast-check";
import { z } from "zod";

/** Real values by the name of their field: ids that exist, digests that fit. */
export type Pool = Readonly<Record<string, readonly unknown[]>>;

/** What a definition of zod says about itself, as far as it is looked at here. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly in?: z.ZodType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

/** What JSON Schema says about a number or a text. */
interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly allOf?: readonly { readonly pattern?: string }[];
}

const TEXT_LENGTH = 30;
const WIDE = 2 ** 53 - 1;

/** Values that `schema` accepts; at fields that the pool names, mostly values from there. */
export function arbitraryOf(schema: z.ZodType, pool: Pool, name = ""): Arbitrary<unknown> {
  const values = pool[name]?.filter((value) => schema.safeParse(value).success) ?? [];
  const made = fromDefinition(schema, pool, name).filter((value) => schema.safeParse(value).success);
  if (values.length === 0) return made;
  return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: made });
}

function fromDefinition(schema: z.ZodType, pool: Pool, name: string): Arbitrary<unknown> {
  const def = schema.def as unknown as Definition;
  const within = (inner: z.ZodType | undefined) => arbitraryOf(inner ?? z.never(), pool, name);
  switch (def.type) {
    case "object":
      return objectOf(def.shape ?? {}, pool);
    case "optional":
    case "default":
      return fc.option(within(def.innerType), { nil: undefined });
    case "nullable":
      return fc.option(within(def.innerType), { nil: null });
    case "pipe":
      return within(def.in);
    case "union":
      return fc.oneof(...(def.options ?? []).map((option) => arbitraryOf(option, pool)));
    case "array":
      return fc.array(within(def.element), { maxLength: 3 });
    case "enum":
      return fc.constantFrom(...Object.values(def.entries ?? {}));
    case "literal":
      return fc.constantFrom(...(def.values ?? []));
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "number":
      return numberWithin(boundsOf(schema));
    case "string":
      return stringWithin(boundsOf(schema));
    default:
      throw new Error(`no values are made for ${def.type} (${name})`);
  }
}

const boundsOf = (schema: z.ZodType): Bounds =>
  z.toJSONSchema(schema, { io: "output", unrepresentable: "any" }) as Bounds;

function objectOf(shape: Readonly<Record<string, z.ZodType>>, pool: Pool): Arbitrary<unknown> {
  const fields = Object.entries(shape).map(([name, field]) => [name, arbitraryOf(field, pool, name)] as const);
  const filled: Arbitrary<Record<string, unknown>> = fc.record(Object.fromEntries(fields));
  return filled.map((object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)));
}

/** Small numbers, and the edges of what is allowed and of what columns hold. */
function numberWithin({ minimum = -WIDE, maximum = WIDE }: Bounds): Arbitrary<number> {
  const edges = [minimum, maximum, 0, 1, 2 ** 31 - 1, 2 ** 31].filter((edge) => edge >= minimum && edge <= maximum);
  const small = fc.integer({ min: Math.max(minimum, -1000), max: Math.min(maximum, 1000) });
  return fc.oneof({ weight: 3, arbitrary: small }, { weight: 1, arbitrary: fc.constantFrom(...edges) });
}

function stringWithin({
  minLength = 0,
  maxLength = TEXT_LENGTH,
  format,
  pattern,
  allOf = [],
}: Bounds): Arbitrary<string> {
  if (format === "uuid") return fc.uuid({ version: [7, 8] });
  if (format === "base64") return fc.base64String({ maxLength: 40 });
  if (format === "date-time") return fc.date(YEARS).map((date) => date.toISOString().replace("Z", "000Z"));
  const patterns = [pattern, ...allOf.map((part) => part.pattern)].filter((source) => source !== undefined);
  const [source] = patterns.filter((text) => !text.includes("\\P")); // a class of characters that is not made here
  if (source !== undefined) return fc.stringMatching(new RegExp(source), { size: "-1" });
  const length = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, TEXT_LENGTH)) };
  return fc.oneof(fc.string({ ...length, unit: "grapheme" }), fc.string({ ...length, unit: "binary" }));
}

const YEARS = { min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true };

/** Values at the edges of what types, columns and parsers take. */
const odd = (): Arbitrary<unknown> =>
  fc.oneof(
    fc.constantFrom<unknown>("", "0", "-1", "99999999.999999", "1e400", "\u0000", "\ud800", "é".repeat(300), "../.."),
    fc.constantFrom<unknown>(
      "2026-02-30T00:00:00Z",
      "a".repeat(64),
      "T1:999999999",
      "019abc00-0000-7000-8000-00000000abcd",
    ),
    fc.constantFrom<unknown>(null, true, -1, 0, 0.5, 2 ** 53, 1e308, [], {}, [null], { nested: {} }),
    fc.string({ unit: "binary", maxLength: 20 }),
  );

/** `value` with one thing wrong: a part that is odd, missing, or one too many. */
export function nearlyOf(made: Arbitrary<unknown>): Arbitrary<unknown> {
  const change = fc.record({ at: fc.nat({ max: 999 }), odd: odd(), how: fc.constantFrom("replace", "remove", "add") });
  return fc.tuple(made, change).map(([value, { at, odd: wrong, how }]) => {
    const paths = pathsOf(value);
    const path = paths[at % paths.length] ?? [];
    if (how === "add")
      return changed(value, parentOf(value, path), (part) => ({ ...(part as object), surprise: wrong }));
    return changed(value, path, () => (how === "remove" ? undefined : wrong));
  });
}

type Path = readonly string[];

/** The whole value and every part of it. */
function pathsOf(value: unknown): Path[] {
  if (typeof value !== "object" || value === null) return [[]];
  return [[], ...Object.entries(value).flatMap(([key, part]) => pathsOf(part).map((path) => [key, ...path]))];
}

/** The innermost object on the way. */
function parentOf(value: unknown, path: Path): Path {
  let part = value;
  let depth = 0;
  for (const [index, key] of path.entries()) {
    part = (part as Record<string, unknown>)[key];
    if (typeof part === "object" && part !== null && !Array.isArray(part)) depth = index + 1;
  }
  return path.slice(0, depth);
}

function changed(value: unknown, [key, ...rest]: Path, change: (part: unknown) => unknown): unknown {
  if (key === undefined) return change(value);
  if (Array.isArray(value))
    return value.map((part, index) => (`${index}` === key ? changed(part, rest, change) : part));
  const object = value as Record<string, unknown>;
  return { ...object, [key]: changed(object[key], rest, change) };
}
