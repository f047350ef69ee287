import type { TaskDetail } from "@aura/shared/schemas/api/task";
import { getJson } from "../lib/api.ts";
import { count, duration, usd, words } from "../lib/format.ts";
import { useLoaded } from "../lib/loaded.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty, None, Status, Time } from "../parts/shown.tsx";

/** Attempts, judgements with their evidence, and what it cost. All texts of agents and products are shown as text. */
export function TaskDetailView({ task_id }: { task_id: string }) {
  const { value, error } = useLoaded(
    `task ${task_id}`,
    () => getJson<TaskDetail>(`/v1/tasks/${task_id}`),
    (event) => event.task_id === task_id,
  );
  if (value === null) return error === null ? <Empty>Reading …</Empty> : <ProblemNote error={error} />;
  return (
    <div class="detail">
      <p class="who">
        {usd(value.spend.usd)}, {count(value.spend.tokens)} tokens, {value.model_calls.length} model calls
      </p>
      <Attempts task={value} />
      {value.verifications.map((verification) => (
        <Judgement key={verification.id} verification={verification} />
      ))}
    </div>
  );
}

function Attempts({ task: { attempts } }: { task: TaskDetail }) {
  if (attempts.length === 0) return <Empty>No agent has accepted it yet.</Empty>;
  return (
    <table>
      <thead>
        <tr>
          {["attempt", "agent", "accepted", "ended", "outcome", "charged"].map((name) => (
            <th key={name} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {attempts.map((attempt) => (
          <tr key={attempt.attempt}>
            <td>{attempt.attempt}</td>
            <td>{attempt.agent_slug}</td>
            <td>
              <Time at={attempt.accepted_at} />
            </td>
            <td>
              <Time at={attempt.ended_at} />
            </td>
            <td>
              <Status word={attempt.outcome} /> {attempt.outcome_code === null ? "" : words(attempt.outcome_code)}{" "}
              {attempt.outcome_detail}
            </td>
            <td>{attempt.charged ? "yes" : "no"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Judgement({ verification }: { verification: TaskDetail["verifications"][number] }) {
  const { attempt, outcome, created_at, sandbox_level, findings, verdicts, evidence } = verification;
  return (
    <details class="judgement">
      <summary>
        Attempt {attempt ?? <None />} was judged <Status word={outcome} /> <Time at={created_at} />
        {sandbox_level !== null && <span class="who"> in {words(sandbox_level)}</span>}
      </summary>
      {findings.length > 0 && (
        <ul>
          {findings.map(({ code, message, subject }) => (
            <li key={`${code} ${subject} ${message}`}>
              {words(code)}
              {subject === null ? "" : ` (${subject})`}: {message}
            </li>
          ))}
        </ul>
      )}
      <ul class="verdicts">
        {verdicts.map((verdict) => (
          <li key={verdict.requirement_id}>
            <strong>{verdict.requirement_key}</strong> <Status word={verdict.verdict} /> {verdict.tests_passed}/
            {verdict.tests_total} tests
            {verdict.detail !== "" && <pre>{verdict.detail}</pre>}
          </li>
        ))}
      </ul>
      {evidence.map((item) => (
        <details key={item.id}>
          <summary>
            {words(item.kind)}: <code>{item.command.join(" ")}</code>, exit {item.exit_code ?? "none"},{" "}
            {duration(item.duration_ms)}
          </summary>
          <p class="who">
            output <code>{item.output_sha256.slice(0, 16)}</code>
          </p>
          <pre>{item.output ?? "erased"}</pre>
        </details>
      ))}
    </details>
  );
}
