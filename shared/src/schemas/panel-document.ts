import { z } from "zod";
import { KEY_ROLES } from "../enums/actor.ts";

/**
 * The panel documents of the dashboard, version 1: what a page shows, as data. A panel names exactly one relation of
 * schema `dash` and never SQL, so that a test can check each table, column and action.
 */

const Identifier = z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/, "an identifier of the database in lower case");
const Slug = z.string().regex(/^[a-z0-9-]{2,40}$/, "2 to 40 of a-z, 0-9 and -");
const Words = z.string().min(1).max(400);

export const DASHBOARD_PAGES = ["overview", "monitoring", "intervention"] as const;
export type DashboardPage = (typeof DASHBOARD_PAGES)[number];

/** How a value is written. Times and amounts leave the database as exact text. */
export const VALUE_FORMATS = [
  "text",
  "number",
  "percent",
  "usd",
  "tokens",
  "duration_ms",
  "datetime",
  "relative_time",
  "status",
  "hash",
  "bool",
] as const;
export type ValueFormat = (typeof VALUE_FORMATS)[number];

const shown = {
  label: Words.optional(),
  format: z.enum(VALUE_FORMATS).default("text"),
  hidden: z.boolean().default(false),
};

const Column = z.strictObject({ name: Identifier, ...shown });
const Measure = z.strictObject({
  as: Identifier,
  agg: z.enum(["count", "sum", "avg", "min", "max", "p50", "p95", "p99"]),
  column: Identifier.optional().meta({ description: "absent for a count of rows" }),
  ...shown,
});

const Scalar = z.union([z.string().max(200), z.number(), z.boolean()]);

/** `within`: the column lies inside the document's time. */
const Filter = z.discriminatedUnion("op", [
  z.strictObject({ column: Identifier, op: z.enum(["eq", "ne", "lt", "lte", "gt", "gte"]), value: Scalar }),
  z.strictObject({ column: Identifier, op: z.literal("in"), value: z.array(Scalar).min(1).max(50) }),
  z.strictObject({ column: Identifier, op: z.enum(["is_null", "not_null", "within"]) }),
]);

export const PanelSource = z
  .strictObject({
    table: Identifier,
    columns: z.array(Column).default([]),
    filter: z.array(Filter).default([]),
    groupBy: z.array(Identifier).default([]),
    measures: z.array(Measure).default([]),
    timeColumn: Identifier.optional(),
    bucket: z
      .enum(["minute", "hour", "day"])
      .optional()
      .meta({ description: "rows become one for each span of timeColumn" }),
    orderBy: z.array(z.strictObject({ column: Identifier, dir: z.enum(["asc", "desc"]) })).default([]),
    limit: z.int().min(1).max(1000).default(100),
  })
  .refine((source) => source.columns.length + source.measures.length > 0, "a source has columns or measures")
  .refine(
    (source) => source.measures.length === 0 || source.columns.every(({ name }) => source.groupBy.includes(name)),
    "beside measures every column stands in groupBy",
  )
  .refine(
    (source) => source.measures.every(({ agg, column }) => agg === "count" || column !== undefined),
    "every measure but a count names its column",
  )
  .refine((source) => (source.bucket === undefined) === (source.timeColumn === undefined), "bucket needs timeColumn");
export type PanelSource = z.infer<typeof PanelSource>;

/** What a person can do with a row. The page sends it, the Manager and the database decide again on every rule. */
export const PanelAction = z.strictObject({
  id: Slug,
  label: Words,
  operationId: z.string(),
  pathParams: z.record(z.string(), Identifier).default({}).meta({ description: "parameter: column" }),
  body: z.record(z.string(), Scalar).default({}).meta({ description: "fields that are always the same" }),
  bodyFrom: z.record(z.string(), Identifier).default({}).meta({ description: "field: column" }),
  input: z
    .array(z.strictObject({ name: Identifier, label: Words, options: z.array(z.string()).optional() }))
    .default([])
    .meta({ description: "fields that the person fills in; with options a choice" }),
  roles: z.array(z.enum(KEY_ROLES)).min(1),
  confirm: z.enum(["none", "confirm"]).default("none"),
  reasonRequired: z.boolean().default(true),
  danger: z.boolean().default(false),
  visibleWhen: z
    .array(
      z.discriminatedUnion("op", [
        z.strictObject({ column: Identifier, op: z.enum(["eq", "ne"]), value: Scalar }),
        z.strictObject({ column: Identifier, op: z.enum(["is_null", "not_null"]) }),
      ]),
    )
    .default([]),
});
export type PanelAction = z.infer<typeof PanelAction>;

const common = {
  id: Slug,
  title: Words,
  description: Words.meta({ description: "read aloud, and shown where the pointer rests" }),
  grid: z.strictObject({
    x: z.int().min(0).max(23),
    y: z.int().min(0),
    w: z.int().min(1).max(24),
    h: z.int().min(1).max(40),
  }),
  source: PanelSource,
  refresh: z.strictObject({
    mode: z.enum(["sse", "poll", "manual"]),
    topics: z.array(z.string().regex(/^[a-z_]+\.(?:\*|[a-z_]+)$/, "a type of event, or subject.*")).default([]),
  }),
  empty: Words.meta({ description: "what to do when there is no row" }),
  links: z
    .array(
      z.strictObject({
        label: Words,
        href: z.string().regex(/^#\//),
        params: z.record(z.string(), Identifier).default({}),
      }),
    )
    .default([])
    .meta({ description: "to another page; {name} in href is the column that params names" }),
  export: z.array(z.enum(["csv", "json"])).default([]),
};

const Level = z.enum(["good", "warn", "bad"]);

export const Panel = z.discriminatedUnion("kind", [
  z.strictObject({
    ...common,
    kind: z.literal("stat"),
    value: Identifier,
    judged: Identifier.optional().meta({ description: "what the thresholds look at, where that is not the value" }),
    thresholds: z
      .array(z.strictObject({ at: z.number(), level: Level, text: Words }))
      .default([])
      .meta({ description: "ascending; the last one that the value reaches holds" }),
  }),
  z.strictObject({ ...common, kind: z.literal("table"), rowKey: Identifier }),
  z.strictObject({ ...common, kind: z.literal("bar"), x: Identifier, y: Identifier }),
  z.strictObject({ ...common, kind: z.literal("timeseries"), x: Identifier, y: z.array(Identifier).min(1).max(4) }),
  z.strictObject({
    ...common,
    kind: z.literal("gantt"),
    rowKey: Identifier,
    start: Identifier,
    end: Identifier,
    lane: Identifier,
    status: Identifier,
  }),
  z.strictObject({ ...common, kind: z.literal("feed"), at: Identifier, actor: Identifier, text: Identifier }),
  z.strictObject({
    ...common,
    kind: z.literal("queue"),
    rowKey: Identifier,
    detail: z
      .strictObject({ operationId: z.string(), pathParams: z.record(z.string(), Identifier) })
      .optional()
      .meta({ description: "what is shown of a row before somebody acts on it" }),
    actions: z.array(PanelAction).min(1),
  }),
]);
export type Panel = z.infer<typeof Panel>;

export const PanelDocument = z
  .strictObject({
    schemaVersion: z.literal(1),
    uid: z.string().regex(/^[a-z0-9-]{8,40}$/),
    page: z.enum(DASHBOARD_PAGES),
    title: Words,
    description: Words,
    roles: z.array(z.enum(KEY_ROLES)).min(1),
    time: z.strictObject({ from: z.string().regex(/^now-[1-9]\d{0,3}[mhd]$/), to: z.literal("now") }),
    variables: z.tuple([]).meta({ description: "version 1 has none" }),
    panels: z.array(Panel).min(1).max(40),
  })
  .meta({ id: "PanelDocument" });
export type PanelDocument = z.infer<typeof PanelDocument>;
