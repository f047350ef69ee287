import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import type { Run } from "@aura/shared/schemas/api/run";
import { getJson } from "../lib/api.ts";
import { count, usd } from "../lib/format.ts";
import { useLoaded } from "../lib/loaded.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty, Status, Time } from "../parts/shown.tsx";
import { Evidence } from "./evidence.tsx";

const MATTERS = ["run", "verification", "revision", "requirement", "attestation", "task"];

/** What is known, how, and what is not known. */
export function Report({ run }: { run: Run }) {
  const { value, error } = useLoaded(
    `report ${run.id}`,
    () => getJson<DeliveryReport>(`/v1/runs/${run.id}/report`),
    (event) => event.run_id === run.id && MATTERS.includes(event.subject_type ?? ""),
  );
  if (value === null) return error === null ? <Empty>Reading …</Empty> : <ProblemNote error={error} />;
  return (
    <>
      <ProblemNote error={error} />
      <Judgement run={run} report={value} />
      <Evidence run={run} report={value} />
      <Known report={value} />
    </>
  );
}

function Judgement({ run, report }: { run: Run; report: DeliveryReport }) {
  const { verification, revision, requirements, replay } = report;
  const delivered = run.delivered_revision !== null;
  const hasCode = revision !== null || requirements.some(({ evidence }) => evidence !== null);
  return (
    <section class="card report">
      <h2>{delivered ? "Delivery report" : "Report so far"}</h2>
      {!hasCode && <Empty>There is no software yet: no code has been judged.</Empty>}
      {hasCode && (
        <p>
          <a
            class="button primary"
            href={`/v1/runs/${run.id}/software.tar.gz${delivered ? "" : "?revision=best"}`}
            download
          >
            Download {delivered ? "the delivered software" : "the best so far"}
          </a>
        </p>
      )}
      {replay && <p class="status warn">Recorded replies: no model was asked.</p>}
      {verification !== null && (
        <p>
          The newest judgement of exactly this tree: <Status word={verification.outcome} />,{" "}
          <Time at={verification.created_at} />, report <code>{verification.report_sha256.slice(0, 16)}</code>
        </p>
      )}
    </section>
  );
}

function Known({ report }: { report: DeliveryReport }) {
  return (
    <section class="card report">
      <h2>Requirement by requirement</h2>
      {report.requirements.length === 0 && <Empty>The analyst has not finished reading the PRD.</Empty>}
      <ul class="verdicts">
        {report.requirements.map((row) => (
          <li key={row.key}>
            <strong>{row.key}</strong> {row.title} <Status word={row.state} /> {row.tests_passed}/{row.tests_total}{" "}
            tests
          </li>
        ))}
      </ul>
      <Lines title="Not checked" lines={report.not_checked} empty="The report names nothing that was left out." />
      <Lines
        title="A person's word instead of evidence"
        lines={[...report.overrides, ...report.inspections, ...report.set_aside].map(sentence)}
      />
      <Lines
        title="Assumptions"
        lines={report.assumptions.map(({ question, assumption }) => `${question} Assumed: ${assumption}`)}
      />
      <Lines title="Answers" lines={report.answers.map(({ question, answer }) => `${question} ${answer}`)} />
      <Lines
        title="Disputed tests"
        lines={report.disputes.map(({ test_id, basis, ruling }) => `${test_id}: ${basis} (${ruling ?? "open"})`)}
      />
      <p class="who">
        {usd(report.spend.usd)} of {usd(report.spend.usd_limit)}, {count(report.spend.tokens)} tokens in{" "}
        {report.model_calls} model calls
      </p>
    </section>
  );
}

function Lines({ title, lines, empty }: { title: string; lines: readonly string[]; empty?: string }) {
  if (lines.length === 0 && empty === undefined) return null;
  return (
    <>
      <h3>{title}</h3>
      {lines.length === 0 && <Empty>{empty}</Empty>}
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}

function sentence(decision: DeliveryReport["overrides"][number]): string {
  return `${decision.subject}: ${decision.verdict ?? "set aside"}, because ${decision.reason}`;
}
