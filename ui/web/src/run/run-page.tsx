import type { Approval } from "@aura/shared/schemas/api/approval";
import type { Run } from "@aura/shared/schemas/api/run";
import type { PanelDocument } from "@aura/shared/schemas/panel-document";
import { getAll, getJson } from "../lib/api.ts";
import { useLoaded } from "../lib/loaded.ts";
import { linkTo } from "../lib/router.ts";
import { QueueItem } from "../panels/queue.tsx";
import { Actions } from "../parts/actions.tsx";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty } from "../parts/shown.tsx";
import { Coverage } from "./coverage.tsx";
import { Diff } from "./diff.tsx";
import { Files } from "./files.tsx";
import { Report } from "./report.tsx";
import { RunEvents } from "./run-events.tsx";
import { RunHead } from "./run-head.tsx";
import { Tasks } from "./tasks.tsx";

const VIEWS = [
  ["requirements", "Requirements"],
  ["tasks", "Tasks"],
  ["files", "Files"],
  ["diff", "Diff"],
  ["events", "Events"],
  ["report", "Report"],
] as const;

/** One run from PRD to delivery: where it stands, what it waits for, and everything behind that. */
export function RunPage({ run_id, view }: { run_id: string; view: readonly string[] }) {
  const run = useLoaded(
    `run ${run_id}`,
    () => getJson<Run>(`/v1/runs/${encodeURIComponent(run_id)}`),
    (event) => event.run_id === run_id || event.subject_type === "system",
  );
  const steering = useLoaded("document intervention", () => getJson<PanelDocument>("/v1/dashboard/intervention"));
  const { value } = run;
  if (value === null) return run.error === null ? <Empty>Reading …</Empty> : <ProblemNote error={run.error} />;
  const [name = "requirements", ...rest] = view;
  return (
    <>
      <RunHead run={value} />
      <ProblemNote error={run.error} />
      {steering.value !== null && <Steering run={value} document={steering.value} onDone={run.reload} />}
      <nav class="views" aria-label="Views of this run">
        {VIEWS.map(([id, label]) => (
          <a
            key={id}
            class="tab"
            href={linkTo("runs", run_id, id)}
            {...(id === name ? { "aria-current": "page" as const } : {})}
          >
            {label}
          </a>
        ))}
      </nav>
      <View name={name} rest={rest} run={value} document={steering.value} />
    </>
  );
}

function View(props: { name: string; rest: readonly string[]; run: Run; document: PanelDocument | null }) {
  const { name, rest, run, document } = props;
  switch (name) {
    case "requirements":
      return <Coverage run={run} actions={run.stop_reason === null ? actionsOf(document, "requirements") : []} />;
    case "tasks":
      return <Tasks run_id={run.id} chosen={rest[0]} actions={actionsOf(document, "stuck")} />;
    case "files":
      return <Files run={run} path={rest.length === 0 ? null : rest.join("/")} />;
    case "diff":
      return <Diff run={run} />;
    case "events":
      return <RunEvents run_id={run.id} />;
    case "report":
      return <Report run={run} />;
    default:
      return <Empty>A run has no view of this name.</Empty>;
  }
}

/** What a person can do now: decide what waits, hold, release, end. The same actions as on the page Intervention. */
function Steering({ run, document, onDone }: { run: Run; document: PanelDocument; onDone: () => void }) {
  const approvals = useLoaded(
    `approvals ${run.id}`,
    () => getAll<Approval>(`/v1/approvals?run_id=${run.id}&status=pending`),
    (event) => event.run_id === run.id && event.subject_type === "approval",
  );
  const done = () => {
    approvals.reload();
    onDone();
  };
  return (
    <>
      {(approvals.value ?? []).map((approval) => {
        const panel = document.panels.find(({ id }) => id === (approval.kind === "question" ? "questions" : "gates"));
        if (panel?.kind !== "queue") return null;
        const row = { ...approval, approval_id: approval.id, run_title: run.title };
        return (
          <ul class="queue card gate" key={approval.id} aria-label="Waits for your decision">
            <QueueItem panel={{ ...panel, links: [] }} row={row} onDone={done} />
          </ul>
        );
      })}
      {run.stop_reason === null && (
        <details class="card steer">
          <summary>Steer this run</summary>
          <Actions
            actions={actionsOf(document, "runs")}
            row={{ run_id: run.id, paused_at: run.paused_at }}
            onDone={done}
          />
        </details>
      )}
    </>
  );
}

function actionsOf(document: PanelDocument | null, id: string) {
  const panel = document?.panels.find((candidate) => candidate.id === id);
  return panel?.kind === "queue" ? panel.actions : [];
}
