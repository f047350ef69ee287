import type { Panel } from "@aura/shared/schemas/panel-document";
import { count, exactTime } from "../lib/format.ts";
import type { Row } from "../parts/action-form.tsx";
import { Value } from "../parts/shown.tsx";
import { ChartOrTable } from "./chart-or-table.tsx";
import { fieldOf } from "./fields.ts";

const [WIDTH, HEIGHT] = [600, 150];
const SPAN_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
const SPANS_MAX = 48;

/** A column for each span of time, the empty ones too: a gap in the data is a gap in the drawing. */
export function TimeSeries({ panel, rows }: { panel: Extract<Panel, { kind: "timeseries" }>; rows: readonly Row[] }) {
  const y = fieldOf(panel, panel.y[0] ?? "");
  const spans = spansOf(rows, panel.x, y.name, SPAN_MS[panel.source.bucket ?? "hour"]);
  const highest = Math.max(...spans.map(({ value }) => value), 1);
  const step = WIDTH / spans.length;
  const chart = (
    <figure class="series">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${panel.title}: highest ${count(highest)}`}
        preserveAspectRatio="none"
      >
        {spans.map(({ at, value }, index) => {
          const height = (value / highest) * (HEIGHT - 4);
          return (
            <rect
              key={at}
              x={index * step + step * 0.1}
              y={HEIGHT - height}
              width={step * 0.8}
              height={height}
              rx="1.5"
            >
              <title>{`${exactTime(new Date(at).toISOString())}: ${count(value)} ${y.label}`}</title>
            </rect>
          );
        })}
      </svg>
      <figcaption>
        <span>{exactTime(new Date(spans[0]?.at ?? 0).toISOString())}</span>
        <span>highest {count(highest)}</span>
        <span>{exactTime(new Date(spans.at(-1)?.at ?? 0).toISOString())}</span>
      </figcaption>
    </figure>
  );
  return <ChartOrTable name={panel.title} chart={chart} table={<SeriesTable panel={panel} rows={rows} />} />;
}

function SeriesTable({ panel, rows }: { panel: Extract<Panel, { kind: "timeseries" }>; rows: readonly Row[] }) {
  const fields = [panel.x, ...panel.y].map((name) => fieldOf(panel, name));
  return (
    <table>
      <thead>
        <tr>
          {fields.map(({ name, label }) => (
            <th key={name} scope="col">
              {label}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.toReversed().map((row) => (
          <tr key={String(row[panel.x])}>
            {fields.map(({ name, format }) => (
              <td key={name}>
                <Value value={row[name]} format={format} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The newest spans up to the last one with data. */
function spansOf(rows: readonly Row[], x: string, y: string, size: number): { at: number; value: number }[] {
  const values = new Map(rows.map((row) => [Date.parse(String(row[x])), Number(row[y] ?? 0)]));
  const last = Math.max(...values.keys());
  const first = Math.max(Math.min(...values.keys(), last - 11 * size), last - (SPANS_MAX - 1) * size);
  const spans: { at: number; value: number }[] = [];
  for (let at = first; at <= last; at += size) spans.push({ at, value: values.get(at) ?? 0 });
  return spans;
}
