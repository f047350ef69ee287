import type { Panel, ValueFormat } from "@aura/shared/schemas/panel-document";

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly format: ValueFormat;
}

/** What a panel shows of a row, in its order: columns, then measures. */
export function fieldsOf({ source }: Panel): Field[] {
  const columns = source.columns.map((column) => ({ ...column, shown: column.name }));
  const measures = source.measures.map((measure) => ({ ...measure, shown: measure.as }));
  return [...columns, ...measures]
    .filter(({ hidden }) => !hidden)
    .map(({ shown, label, format }) => ({ name: shown, label: label ?? shown.replaceAll("_", " "), format }));
}

export function fieldOf(panel: Panel, name: string): Field {
  if (name === "bucket") return { name, label: panel.source.bucket ?? "time", format: "datetime" };
  return fieldsOf(panel).find((field) => field.name === name) ?? { name, label: name, format: "text" };
}
