import type { Panel } from "@aura/shared/schemas/panel-document";
import type { Row } from "../parts/action-form.tsx";
import { isNumeric, Value } from "../parts/shown.tsx";
import { fieldsOf } from "./fields.ts";
import { hrefOf } from "./row-links.tsx";

/** Rows as they are. The first column carries the link of the row. */
export function Rows({ panel, rows }: { panel: Panel; rows: readonly Row[] }) {
  const fields = fieldsOf(panel);
  const link = panel.links.find(({ params }) => Object.keys(params).length > 0);
  return (
    <table>
      <thead>
        <tr>
          {fields.map(({ name, label, format }) => (
            <th key={name} scope="col" class={isNumeric(format) ? "number" : ""}>
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <tr key={keyOf(panel, row, at)}>
            {fields.map(({ name, format }, column) => {
              const shown = <Value value={row[name]} format={format} />;
              const href = column === 0 && link !== undefined ? hrefOf(link, row) : null;
              return (
                <td key={name} class={isNumeric(format) ? "number" : ""}>
                  {href === null ? shown : <a href={href}>{shown}</a>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function keyOf(panel: Panel, row: Row, at: number): string {
  const grouped = panel.source.groupBy.length > 0;
  return "rowKey" in panel && !grouped ? `${row[panel.rowKey]} ${at}` : String(at);
}
