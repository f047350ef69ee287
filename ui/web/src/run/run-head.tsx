import type { Run } from "@aura/shared/schemas/api/run";
import { count, usd, words } from "../lib/format.ts";
import { Status, Time } from "../parts/shown.tsx";

/** Where a run stands, why, whose turn it is and what the next step would be: the one status source, in words. */
export function RunHead({ run }: { run: Run }) {
  return (
    <header class="card run-head">
      <p class="who">
        <a href="#/">Overview</a> / {run.project ?? "no project"}
      </p>
      <h1>{run.title}</h1>
      <p class="facts">
        <Status word={run.status} />
        {run.stop_reason !== null && <Status word={run.stop_reason} />}
        <span>{run.oversight}</span>
        <span>
          {run.provider ?? "no provider"}
          {run.model === null ? "" : ` / ${run.model}`}
        </span>
        <span>
          started <Time at={run.started_at} />
        </span>
        {run.finished_at !== null && (
          <span>
            ended <Time at={run.finished_at} />
          </span>
        )}
      </p>
      <WaitingFor run={run} />
      <dl class="numbers">
        <Tally run={run} />
        <Money run={run} />
      </dl>
    </header>
  );
}

function WaitingFor({ run: { waiting_for } }: { run: Run }) {
  if (waiting_for === null) return null;
  const { owner, reason, since, next_step, detail } = waiting_for;
  return (
    <div class={`waiting ${owner === "director" ? "mine" : ""}`}>
      <p>
        Waits for <strong>{owner === "director" ? "you, the Director" : `the ${owner}`}</strong>: {words(reason)},{" "}
        <Time at={since} />
      </p>
      {detail !== null && <p class="hint">{detail}</p>}
      <p class="next">{next_step}</p>
    </div>
  );
}

function Tally({ run: { requirements, tasks } }: { run: Run }) {
  const allTasks = Object.values(tasks).reduce((sum, n) => sum + n, 0);
  const { total, pass, fail } = requirements;
  return (
    <>
      <div>
        <dt>Requirements proved</dt>
        <dd>
          {pass} <small>of {total}</small>
        </dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd class={fail > 0 ? "bad" : ""}>{fail}</dd>
      </div>
      <div>
        <dt>Tasks verified</dt>
        <dd>
          {tasks.verified ?? 0} <small>of {allTasks}</small>
        </dd>
      </div>
    </>
  );
}

function Money({ run: { spend } }: { run: Run }) {
  const limit = Number(spend.usd_limit);
  const used = Number(spend.usd) + Number(spend.usd_reserved);
  return (
    <>
      <div>
        <dt>Spent</dt>
        <dd>
          {usd(spend.usd)} <small>of {usd(spend.usd_limit)}</small>
          {limit > 0 && (
            <span class="meter" aria-hidden="true">
              <span style={{ inlineSize: `${Math.min(used / limit, 1) * 100}%` }} />
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>Tokens</dt>
        <dd>
          {count(spend.tokens)} <small>of {count(spend.tokens_limit)}</small>
        </dd>
      </div>
    </>
  );
}
