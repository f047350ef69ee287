import type { Panel } from "@aura/shared/schemas/panel-document";
import { useState } from "preact/hooks";
import type { Row } from "../parts/action-form.tsx";
import { Actions } from "../parts/actions.tsx";
import { Value } from "../parts/shown.tsx";
import { Detail } from "./detail.tsx";
import { fieldsOf } from "./fields.ts";
import { RowLinks } from "./row-links.tsx";

type QueuePanel = Extract<Panel, { kind: "queue" }>;

/** What waits for a person, one after the other, each with what can be done about it. */
export function Queue({ panel, rows, onDone }: { panel: QueuePanel; rows: readonly Row[]; onDone: () => void }) {
  return (
    <ul class="queue">
      {rows.map((row) => (
        <QueueItem key={String(row[panel.rowKey])} panel={panel} row={row} onDone={onDone} />
      ))}
    </ul>
  );
}

export function QueueItem({ panel, row, onDone }: { panel: QueuePanel; row: Row; onDone: () => void }) {
  const [open, setOpen] = useState(false);
  const fields = fieldsOf(panel);
  const name = fields
    .slice(0, 2)
    .map((field) => row[field.name] ?? "")
    .join(" ");
  return (
    <li class="queue-item">
      <dl>
        {fields.map(({ name: field, label, format }) => (
          <div key={field}>
            <dt>{label}</dt>
            <dd>
              <Value value={row[field]} format={format} />
            </dd>
          </div>
        ))}
      </dl>
      {(panel.detail !== undefined || panel.links.length > 0) && (
        <p class="queue-links">
          {panel.detail !== undefined && (
            <button
              type="button"
              class="quiet"
              aria-expanded={open}
              onClick={() => setOpen(!open)}
              aria-label={`What it is about: ${name}`}
            >
              {open ? "Hide what it is about" : "What it is about"}
            </button>
          )}
          <RowLinks links={panel.links} row={row} name={name} />
        </p>
      )}
      {open && panel.detail !== undefined && <Detail detail={panel.detail} row={row} />}
      <Actions actions={panel.actions} row={row} urgent={panel.detail !== undefined} onDone={onDone} />
    </li>
  );
}
