import type { PanelDocument, PanelSource, ValueFormat } from "@aura/shared/schemas/panel-document";
import { usd, utc } from "../db/read-rows.ts";

export interface CompiledQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

type Filter = PanelSource["filter"][number];
type Measure = PanelSource["measures"][number];

const COMPARISONS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;
const UNITS = { m: "minutes", h: "hours", d: "days" } as const;

/**
 * The one query behind a panel. Names have passed the document's schema, values are parameters. Asks for one row more
 * than the panel shows, which tells whether there are more.
 */
export function compilePanel(source: PanelSource, time: PanelDocument["time"]): CompiledQuery {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const from = `from dash.${quoted(source.table)} t`;
  const where = source.filter.map((filter) => condition(filter, time, bind));
  const text = [
    `select ${outputs(source).join(", ")}`,
    from,
    where.length === 0 ? "" : `where ${where.join(" and ")}`,
    groups(source),
    order(source),
    `limit ${bind(source.limit + 1)}`,
  ];
  return { text: text.filter((part) => part !== "").join(" "), values };
}

function quoted(name: string): string {
  return `"${name}"`;
}

/** Qualified: a bare name in `order by` would mean the text that leaves, not the value. */
function column(name: string): string {
  return `t.${quoted(name)}`;
}

function outputs(source: PanelSource): string[] {
  const columns = source.columns.map(({ name, format }) => `${exact(column(name), format)} as ${quoted(name)}`);
  const measures = source.measures.map(
    (measure) => `${exact(measureOf(measure), measure.format)} as ${quoted(measure.as)}`,
  );
  return [...bucketOf(source).map((bucket) => `${utc(bucket)} as "bucket"`), ...columns, ...measures];
}

/** JSON numbers lose digits of amounts and times, so those leave as text. */
function exact(expression: string, format: ValueFormat): string {
  if (format === "usd") return usd(expression);
  return format === "datetime" || format === "relative_time" ? utc(expression) : expression;
}

function measureOf(measure: Measure): string {
  const { agg } = measure;
  if (agg === "count" && measure.column === undefined) return "count(*)";
  const of = column(measure.column ?? "");
  if (agg === "sum") return `coalesce(sum(${of}), 0)`;
  if (agg === "p50" || agg === "p95" || agg === "p99")
    return `percentile_cont(0.${agg.slice(1)}) within group (order by ${of})`;
  return `${agg}(${of})`;
}

function bucketOf({ bucket, timeColumn }: PanelSource): string[] {
  return bucket === undefined ? [] : [`date_trunc('${bucket}', ${column(timeColumn ?? "")})`];
}

function condition(filter: Filter, time: PanelDocument["time"], bind: (value: unknown) => string): string {
  const of = column(filter.column);
  switch (filter.op) {
    case "is_null":
      return `${of} is null`;
    case "not_null":
      return `${of} is not null`;
    case "in":
      return `${of}::text = any (${bind(filter.value.map(String))}::text[])`;
    case "within":
      return `${of} > now() - ${bind(intervalOf(time.from))}::interval`;
    default:
      return `${of} ${COMPARISONS[filter.op]} ${bind(filter.value)}`;
  }
}

function intervalOf(from: string): string {
  const unit = from.slice(-1) as keyof typeof UNITS;
  return `${from.slice("now-".length, -1)} ${UNITS[unit]}`;
}

function groups(source: PanelSource): string {
  const keys = [...bucketOf(source), ...source.groupBy.map(column)];
  return keys.length === 0 ? "" : `group by ${keys.join(", ")}`;
}

/** Buckets come in their order, before any other wish. */
function order(source: PanelSource): string {
  const wishes = source.orderBy.map((wish) => `${sortKey(source, wish.column)} ${wish.dir} nulls last`);
  const keys = [...bucketOf(source), ...wishes];
  return keys.length === 0 ? "" : `order by ${keys.join(", ")}`;
}

/** A measure is sorted by its value, not by its text. */
function sortKey(source: PanelSource, name: string): string {
  const measure = source.measures.find(({ as }) => as === name);
  return measure === undefined ? column(name) : measureOf(measure);
}
