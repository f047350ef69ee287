import type { Panel } from "@aura/shared/schemas/panel-document";
import { levelOf } from "../lib/format.ts";
import type { Row } from "../parts/action-form.tsx";
import { Value } from "../parts/shown.tsx";
import { fieldOf } from "./fields.ts";

/** Bars inside a table: the drawing and its data are one. */
export function Bars({ panel, rows }: { panel: Extract<Panel, { kind: "bar" }>; rows: readonly Row[] }) {
  const [x, y] = [fieldOf(panel, panel.x), fieldOf(panel, panel.y)];
  const longest = Math.max(...rows.map((row) => Number(row[y.name] ?? 0)), 1);
  return (
    <table class="bars">
      <thead class="sr-only">
        <tr>
          <th scope="col">{x.label}</th>
          <th scope="col">{y.label}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => {
          const share = Number(row[y.name] ?? 0) / longest;
          return (
            <tr key={String(row[x.name])}>
              <th scope="row">
                <Value value={row[x.name]} format={x.format} />
              </th>
              <td>
                <span
                  class={`bar ${levelOf(String(row[x.name]))}`}
                  style={{ inlineSize: `${Math.max(share * 100, 2)}%` }}
                />
                <span class="bar-value">
                  <Value value={row[y.name]} format={y.format} />
                </span>
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
