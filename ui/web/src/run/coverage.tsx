import type { Coverage as Ledger } from "@aura/shared/schemas/api/coverage";
import type { Run } from "@aura/shared/schemas/api/run";
import type { PanelAction } from "@aura/shared/schemas/panel-document";
import { getJson } from "../lib/api.ts";
import { words } from "../lib/format.ts";
import { useLoaded } from "../lib/loaded.ts";
import { Actions } from "../parts/actions.tsx";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty, None, Status } from "../parts/shown.tsx";

type Requirement = Ledger["data"][number];

/** Every requirement with its verdict, and every block of the PRD with what became of it. */
export function Coverage({ run, actions }: { run: Run; actions: readonly PanelAction[] }) {
  const run_id = run.id;
  const { value, error, reload } = useLoaded(
    `coverage ${run_id}`,
    () => getJson<Ledger>(`/v1/runs/${run_id}/requirements`),
    (event) => event.run_id === run_id,
  );
  if (value === null) return error === null ? <Empty>Reading …</Empty> : <ProblemNote error={error} />;
  return (
    <>
      <ProblemNote error={error} />
      <section class="card">
        <h2>Requirements</h2>
        {value.data.length === 0 && (
          <Empty>The analyst has not finished reading the PRD. Requirements appear here by themselves.</Empty>
        )}
        <ul class="ledger">
          {value.data.map((requirement) => (
            <li key={requirement.id}>
              <RequirementItem requirement={requirement} actions={actions} onDone={reload} />
            </li>
          ))}
        </ul>
      </section>
      <details class="card">
        <summary>The PRD, block by block ({value.blocks.length})</summary>
        <ul class="ledger">
          {value.blocks.map((block) => (
            <li key={block.block_id} class="block">
              <p>
                <strong>{block.block_id}</strong> {block.disposition === null ? <None /> : words(block.disposition)}{" "}
                {block.requirements.length > 0 && <span class="who">cited by {block.requirements.join(", ")}</span>}
              </p>
              <pre class="prose">{block.body}</pre>
              {block.reason !== null && block.reason !== "" && <p class="hint">{block.reason}</p>}
            </li>
          ))}
        </ul>
      </details>
    </>
  );
}

interface RequirementItemProps {
  readonly requirement: Requirement;
  readonly actions: readonly PanelAction[];
  readonly onDone: () => void;
}

function RequirementItem({ requirement, actions, onDone }: RequirementItemProps) {
  const { key, title, state, priority, verification_method, tests, evidence, tasks } = requirement;
  return (
    <details>
      <summary>
        <strong>{key}</strong>
        <span class="ledger-title">{title}</span>
        <Status word={state} />
        {evidence !== null && (
          <span class="who">
            {evidence.tests_passed}/{evidence.tests_total} tests
          </span>
        )}
      </summary>
      <p>{requirement.text}</p>
      <p class="who">
        {priority}, verified by {verification_method}; from {requirement.block_ids.join(", ")}
        {tasks.length > 0 && `; worked on by ${tasks.map((task) => task.key).join(", ")}`}
      </p>
      <ul>
        {requirement.acceptance_criteria.map((criterion) => (
          <li key={criterion}>{criterion}</li>
        ))}
      </ul>
      {tests.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">acceptance test</th>
              <th scope="col">outcome</th>
              <th scope="col" class="number">
                assertions
              </th>
            </tr>
          </thead>
          <tbody>
            {tests.map((test) => (
              <tr key={test.test_id}>
                <td>{test.title}</td>
                <td>
                  <Status word={test.outcome} />
                </td>
                <td class="number">{test.assertions ?? <None />}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {evidence?.detail !== undefined && evidence.detail !== "" && <pre>{evidence.detail}</pre>}
      {requirement.override !== null && (
        <p class="status warn">A Director overrode the verdict: {requirement.override.verdict}</p>
      )}
      {actions.length > 0 && requirement.set_aside_by === null && (
        <Actions actions={actions} row={{ requirement_id: requirement.id, verification_method }} onDone={onDone} />
      )}
    </details>
  );
}
