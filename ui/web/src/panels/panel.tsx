import type { DashboardData } from "@aura/shared/schemas/api/dashboard";
import type { Panel } from "@aura/shared/schemas/panel-document";
import type { Row } from "../parts/action-form.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty } from "../parts/shown.tsx";
import { Bars } from "./bars.tsx";
import { Feed } from "./feed.tsx";
import { Gantt } from "./gantt.tsx";
import { Queue } from "./queue.tsx";
import { RowLinks } from "./row-links.tsx";
import { Stat } from "./stat.tsx";
import { Rows } from "./table.tsx";
import { TimeSeries } from "./time-series.tsx";

type PanelRows = DashboardData["panels"][number];

interface PanelCardProps {
  readonly panel: Panel;
  readonly data: PanelRows | undefined;
  readonly place: Readonly<Record<string, string>>;
  readonly onDone: () => void;
}

/** One panel of a document with its rows. Its place on the grid counts on wide screens only. */
export function PanelCard({ panel, data, place, onDone }: PanelCardProps) {
  const pageLinks = panel.links.filter(({ params }) => Object.keys(params).length === 0);
  const body = (
    <>
      {data === undefined ? <Empty>Reading …</Empty> : <Content panel={panel} rows={data.rows} onDone={onDone} />}
      {data?.truncated === true && panel.kind !== "stat" && (
        <p class="hint">Only the first {panel.source.limit} rows.</p>
      )}
    </>
  );
  return (
    <section class={`panel panel-${panel.kind}`} style={place} aria-labelledby={`panel-${panel.id}`}>
      <header>
        <h2 id={`panel-${panel.id}`} title={panel.description}>
          {panel.title}
        </h2>
        {data !== undefined &&
          panel.export.map((format) => <Export key={format} panel={panel} rows={data.rows} format={format} />)}
        <RowLinks links={pageLinks} row={{}} />
      </header>
      <p class="sr-only">{panel.description}</p>
      {panel.kind === "stat" ? (
        <div class="panel-body">{body}</div>
      ) : (
        <Scroll kind="panel-body" label={`${panel.title}, rows`}>
          {body}
        </Scroll>
      )}
    </section>
  );
}

function Content({ panel, rows, onDone }: { panel: Panel; rows: readonly Row[]; onDone: () => void }) {
  if (rows.length === 0) return <Empty>{panel.empty}</Empty>;
  switch (panel.kind) {
    case "stat":
      return <Stat panel={panel} row={rows[0] ?? {}} />;
    case "table":
      return <Rows panel={panel} rows={rows} />;
    case "bar":
      return <Bars panel={panel} rows={rows} />;
    case "timeseries":
      return <TimeSeries panel={panel} rows={rows} />;
    case "gantt":
      return <Gantt panel={panel} rows={rows} />;
    case "feed":
      return <Feed panel={panel} rows={rows} />;
    case "queue":
      return <Queue panel={panel} rows={rows} onDone={onDone} />;
  }
}

function Export({ panel, rows, format }: { panel: Panel; rows: readonly Row[]; format: "csv" | "json" }) {
  const save = () => {
    const text = format === "json" ? JSON.stringify(rows, null, 2) : csvOf(rows);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text]));
    link.download = `${panel.id}.${format}`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <button type="button" class="quiet" onClick={save} aria-label={`Save ${panel.title} as ${format.toUpperCase()}`}>
      {format.toUpperCase()}
    </button>
  );
}

/** A cell that a spreadsheet would take for a formula is made text. */
function csvOf(rows: readonly Row[]): string {
  const names = Object.keys(rows[0] ?? {});
  const cell = (value: unknown) => {
    const text = String(value ?? "");
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  return [names.map(cell), ...rows.map((row) => names.map((name) => cell(row[name])))]
    .map((line) => line.join(","))
    .join("\r\n");
}
