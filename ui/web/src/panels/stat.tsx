import type { Panel } from "@aura/shared/schemas/panel-document";
import type { Level } from "../lib/format.ts";
import type { Row } from "../parts/action-form.tsx";
import { Value } from "../parts/shown.tsx";
import { fieldOf, fieldsOf } from "./fields.ts";

type StatPanel = Extract<Panel, { kind: "stat" }>;

/** One number that tells how it stands, and a line of what belongs to it. */
export function Stat({ panel, row }: { panel: StatPanel; row: Row }) {
  const main = fieldOf(panel, panel.value);
  const others = fieldsOf(panel).filter(({ name }) => name !== panel.value && row[name] !== null);
  const judgement = judge(panel, row);
  return (
    <div class={`stat ${judgement?.level ?? "plain"}`}>
      <p class="stat-value">
        <Value value={row[main.name]} format={main.format === "status" ? "text" : main.format} />
      </p>
      {judgement !== null && <p class={`status ${judgement.level}`}>{judgement.text}</p>}
      {others.length > 0 && (
        <dl class="stat-others">
          {others.map(({ name, label, format }) => (
            <div key={name}>
              <dt>{label}</dt>
              <dd>
                <Value value={row[name]} format={format} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

function judge({ thresholds, judged, value }: StatPanel, row: Row): { level: Level; text: string } | null {
  const number = Number(row[judged ?? value] ?? 0);
  return thresholds.findLast(({ at }) => number >= at) ?? null;
}
