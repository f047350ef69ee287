import type { Panel } from "@aura/shared/schemas/panel-document";
import { words } from "../lib/format.ts";
import type { Row } from "../parts/action-form.tsx";
import { Time } from "../parts/shown.tsx";
import { hrefOf } from "./row-links.tsx";

/** What happened, newest first. */
export function Feed({ panel, rows }: { panel: Extract<Panel, { kind: "feed" }>; rows: readonly Row[] }) {
  const link = panel.links[0];
  return (
    <ol class="feed">
      {rows.map((row) => {
        const text = words(String(row[panel.text])).replace(".", " ");
        const href = link === undefined ? null : hrefOf(link, row);
        return (
          <li key={String(row.seq)}>
            <Time at={String(row[panel.at])} />
            <span>
              {href === null ? text : <a href={href}>{text}</a>} <span class="who">{row[panel.actor]}</span>
            </span>
          </li>
        );
      })}
    </ol>
  );
}
