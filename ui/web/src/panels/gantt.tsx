import type { Panel } from "@aura/shared/schemas/panel-document";
import { now } from "../lib/clock.ts";
import { duration, exactTime, levelOf, words } from "../lib/format.ts";
import type { Row } from "../parts/action-form.tsx";
import { ChartOrTable } from "./chart-or-table.tsx";
import { Rows } from "./table.tsx";

type GanttPanel = Extract<Panel, { kind: "gantt" }>;

/** A line for each row from its start to its end; what has not ended reaches to now. */
export function Gantt({ panel, rows }: { panel: GanttPanel; rows: readonly Row[] }) {
  const bars = rows.toReversed().map((row) => barOf(panel, row));
  const first = Math.min(...bars.map(({ start }) => start));
  const whole = Math.max(...bars.map(({ end }) => end)) - first || 1;
  const share = (ms: number) => `${(ms / whole) * 100}%`;
  const chart = (
    <ol class="gantt">
      {bars.map(({ start, end, lane, status, key }) => (
        <li key={key}>
          <span class="gantt-lane">{lane}</span>
          <span class="gantt-track">
            <span
              class={`gantt-bar ${levelOf(status ?? "running")}`}
              style={{ insetInlineStart: share(start - first), inlineSize: `max(3px, ${share(end - start)})` }}
              title={`${exactTime(new Date(start).toISOString())}, ${duration(end - start)}`}
            />
          </span>
          <span class="gantt-end">
            {words(status ?? "running")}, {duration(end - start)}
          </span>
        </li>
      ))}
    </ol>
  );
  return <ChartOrTable name={panel.title} chart={chart} table={<Rows panel={panel} rows={rows} />} />;
}

function barOf(panel: GanttPanel, row: Row) {
  const start = Date.parse(String(row[panel.start]));
  const ended = row[panel.end];
  const end = Math.max(ended === null ? now.value : Date.parse(String(ended)), start);
  const status = row[panel.status] === null ? null : String(row[panel.status]);
  return { start, end, status, lane: String(row[panel.lane]), key: `${row[panel.rowKey]} ${start}` };
}
