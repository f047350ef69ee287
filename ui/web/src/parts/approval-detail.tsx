import type { ApprovalDetail } from "@aura/shared/schemas/api/approval";
import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { getJson } from "../lib/api.ts";
import { useLoaded } from "../lib/loaded.ts";
import { type FetchedLike, type PlanLike, PlanView, type RequirementLike } from "./plan-view.tsx";
import { ProblemNote } from "./problem.tsx";
import { Empty, Status } from "./shown.tsx";

/** What each gate rests on, and what nobody has looked at when it is decided. */
const GROUNDS: Readonly<Record<string, { checked: string; not_checked: string }>> = {
  plan: {
    checked:
      "The Auditor: every block of the PRD is accounted for, the tasks have no cycle, each testable requirement has one closing task, parallel tasks touch different files, the interfaces can be built.",
    not_checked:
      "Whether the requirements say what you meant, and whether the plan is a good one. No code has been written.",
  },
  landing: {
    checked: "The Auditor ran the acceptance tests of the task on exactly the tree that would land, in the sandbox.",
    not_checked: "Requirements of tasks that have not landed yet.",
  },
  delivery: {
    checked: "The Auditor ran the whole acceptance suite on exactly the tree that would be delivered, in the sandbox.",
    not_checked: "What the report names below.",
  },
};

/** The document that a decision binds: its digest, what it rests on, what is not known. */
export function ApprovalDetailView({ approval_id }: { approval_id: string }) {
  const { value, error } = useLoaded(`approval ${approval_id}`, () =>
    getJson<ApprovalDetail>(`/v1/approvals/${approval_id}`),
  );
  if (error !== null) return <ProblemNote error={error} />;
  if (value === null) return <Empty>Reading …</Empty>;
  const grounds = GROUNDS[value.kind];
  return (
    <div class="detail">
      <p>
        Your decision binds the digest <code class="long">{value.digest}</code>
      </p>
      {value.question !== null && <p>{value.question}</p>}
      {grounds !== undefined && (
        <dl class="grounds">
          <dt>Checked</dt>
          <dd>{grounds.checked}</dd>
          <dt>Not checked</dt>
          <dd>{grounds.not_checked}</dd>
        </dl>
      )}
      <Content approval={value} />
    </div>
  );
}

function Content({ approval }: { approval: ApprovalDetail }) {
  const content = (approval.content ?? {}) as {
    plan?: PlanLike;
    requirements?: RequirementLike[];
    dependencies?: FetchedLike;
    summary?: string;
    changed_paths?: string[];
  };
  const { plan, requirements = [], dependencies: fetched = null } = content;
  if (plan !== undefined) return <PlanView plan={plan} requirements={requirements} fetched={fetched} />;
  if (approval.kind === "delivery") return <DeliveryContent run_id={approval.run_id} />;
  return (
    <>
      {content.summary !== undefined && <p>{content.summary}</p>}
      {content.changed_paths !== undefined && (
        <ul>
          {content.changed_paths.map((path) => (
            <li key={path}>
              <code>{path}</code>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function DeliveryContent({ run_id }: { run_id: string }) {
  const { value, error } = useLoaded(`report ${run_id}`, () => getJson<DeliveryReport>(`/v1/runs/${run_id}/report`));
  if (error !== null) return <ProblemNote error={error} />;
  if (value === null) return <Empty>Reading …</Empty>;
  return (
    <>
      <ul class="verdicts">
        {value.requirements.map(({ key, title, state, tests_passed, tests_total }) => (
          <li key={key}>
            <strong>{key}</strong> {title} <Status word={state} /> {tests_passed}/{tests_total} tests
          </li>
        ))}
      </ul>
      <h4>Not checked</h4>
      {value.not_checked.length === 0 ? (
        <Empty>The report names nothing that was left out.</Empty>
      ) : (
        <ul>
          {value.not_checked.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
    </>
  );
}
