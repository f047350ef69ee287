import type { Agent, Scorecard } from "@aura/shared/schemas/api/agent";
import { getAll, getJson } from "../lib/api.ts";
import { count, percent, usd, words } from "../lib/format.ts";
import { isAbout, useLoaded } from "../lib/loaded.ts";
import { linkTo } from "../lib/router.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty, None, Status, Time } from "../parts/shown.tsx";

type Scored = Agent & { readonly score: Scorecard };

/** Who works here, and how their work was judged. What an agent says of itself does not count. */
export function AgentsPage({ chosen }: { chosen: string | undefined }) {
  const { value, error } = useLoaded("agents", readAgents, (event) => isAbout(["agent.*", "verification.*"], event));
  const agent = value?.find(({ id }) => id === chosen);
  return (
    <>
      <div class="page-head">
        <h1>Agents</h1>
        <p>Standing and record, by the Auditor's verdicts alone. Suspend or retire them under Intervention.</p>
      </div>
      <ProblemNote error={error} />
      {value?.length === 0 && <Empty>No agent is taken on. POST /v1/agents adds one.</Empty>}
      {value !== null && value.length > 0 && (
        <Scroll kind="card scroll" label="Agents">
          <table>
            <thead>
              <tr>
                <th scope="col">agent</th>
                <th scope="col">standing</th>
                <th scope="col">can do</th>
                <th scope="col">runtime</th>
                <th scope="col" class="number">
                  judged
                </th>
                <th scope="col" class="number">
                  accepted
                </th>
                <th scope="col">95 % interval</th>
                <th scope="col" class="number">
                  cost
                </th>
              </tr>
            </thead>
            <tbody>
              {value.map((row) => (
                <AgentRow key={row.id} agent={row} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {agent !== undefined && <Record agent={agent} />}
    </>
  );
}

function AgentRow({ agent }: { agent: Scored }) {
  const { score, runtime } = agent;
  return (
    <tr>
      <th scope="row">
        <a href={linkTo("agents", agent.id)}>{agent.slug}</a>
      </th>
      <td>
        <Status word={agent.standing} />
      </td>
      <td>{agent.capabilities.map(words).join(", ")}</td>
      <td>
        {runtime === null ? (
          <None />
        ) : (
          <>
            {runtime.live ? "live" : "silent"}, <Time at={runtime.seen_at} />
          </>
        )}
      </td>
      <td class="number">{count(score.accepted + score.rejected)}</td>
      <td class="number">{score.acceptance_rate === null ? <None /> : percent(score.acceptance_rate)}</td>
      <td>{intervalOf(score)}</td>
      <td class="number">{usd(score.usd)}</td>
    </tr>
  );
}

function Record({ agent: { slug, score } }: { agent: Scored }) {
  return (
    <Scroll kind="card scroll" label={`Record of ${slug}`}>
      <h2>Record of {slug}</h2>
      {score.by_kind.length === 0 && <Empty>Nothing of this agent has been judged yet.</Empty>}
      <table>
        <thead>
          <tr>
            {[
              "kind",
              "attempts",
              "accepted",
              "at once",
              "rejected",
              "gave up",
              "expired",
              "95 % interval",
              "tokens",
              "cost",
            ].map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {score.by_kind.map((row) => (
            <tr key={row.kind}>
              <th scope="row">{words(row.kind)}</th>
              {[row.attempts, row.accepted, row.first_time_accepted, row.rejected, row.gave_up, row.expired].map(
                (number, at) => (
                  <td key={at}>{number}</td>
                ),
              )}
              <td>{intervalOf(row)}</td>
              <td>{count(row.tokens)}</td>
              <td>{usd(row.usd)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function intervalOf({ interval }: Pick<Scorecard, "interval">): string {
  return interval === null ? "too little to say" : `${percent(interval.low)} to ${percent(interval.high)}`;
}

async function readAgents(): Promise<Scored[]> {
  const agents = await getAll<Agent>("/v1/agents");
  return Promise.all(
    agents.map(async (agent) => ({ ...agent, score: await getJson<Scorecard>(`/v1/agents/${agent.id}/scorecard`) })),
  );
}
