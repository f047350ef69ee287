import { derivedId } from "@aura/shared/models/ids";
import { AuraError } from "@aura/shared/problems";
import type { Scorecard } from "@aura/shared/schemas/api/agent";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readAgent, readAgentRecord, readAgents } from "../db/read-agent-statements.ts";
import { pageRequest } from "../db/read-rows.ts";
import { scoreOf } from "../hr/scorecard.ts";
import { actOnce } from "./act-once.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { carrierOf } from "./carrier.ts";
import { sealOf } from "./seals.ts";

const CURSOR_SLUG = /^[a-z][a-z0-9-]{1,39}$/;

export function addAgentRoutes(app: FastifyInstance, { pool, facts }: AppDeps): void {
  addRoute(app, OPERATIONS.createAgent, async ({ body, request, reply }) => {
    const { reason, ...agent } = body;
    const carrier = carrierOf(request, facts);
    const target_id = derivedId("agent", carrier.action_id);
    const wish = { action: "create_agent", target_id, reason, args: agent };
    await actOnce(pool, carrier, reply, wish);
    return { ...(await agentById(target_id)), ...(await sealOf(pool, "agent", target_id)) };
  });

  addRoute(app, OPERATIONS.listAgents, async ({ query }) => readAgents(pool, query, pageRequest(query, [CURSOR_SLUG])));

  addRoute(app, OPERATIONS.getAgent, async ({ params }) => agentById(params.agent_id));

  addRoute(app, OPERATIONS.getScorecard, async ({ params }): Promise<Scorecard> => {
    const { slug, standing } = await agentById(params.agent_id);
    const by_kind = (await readAgentRecord(pool, params.agent_id)).map((row) => ({ ...row, ...rateOf(row) }));
    return { agent_id: params.agent_id, slug, standing, ...totalOf(by_kind), by_kind };
  });

  async function agentById(id: string) {
    const agent = await readAgent(pool, id);
    if (agent === null) throw new AuraError("not_found", "there is no agent with this id");
    return agent;
  }
}

type KindRecord = Scorecard["by_kind"][number];

function rateOf(row: { accepted: number; rejected: number }) {
  const judged = row.accepted + row.rejected;
  const score = scoreOf({ judged, accepted: row.accepted });
  const interval = score.status === "scored" ? score.interval : null;
  return { score: score.status, interval, acceptance_rate: judged === 0 ? null : row.accepted / judged };
}

function totalOf(rows: readonly KindRecord[]): Omit<KindRecord, "kind"> {
  const sum = (of: (row: KindRecord) => number) => rows.reduce((total, row) => total + of(row), 0);
  const total = {
    attempts: sum((row) => row.attempts),
    accepted: sum((row) => row.accepted),
    rejected: sum((row) => row.rejected),
    first_time_accepted: sum((row) => row.first_time_accepted),
    gave_up: sum((row) => row.gave_up),
    expired: sum((row) => row.expired),
    environment: sum((row) => row.environment),
    tokens: sum((row) => row.tokens),
    usd: microsToUsd(rows.reduce((micros, row) => micros + usdToMicros(row.usd), 0n)),
  };
  return { ...total, ...rateOf(total) };
}

/** Exact sums of decimal strings with at most six decimals. */
function usdToMicros(usd: string): bigint {
  const [whole = "0", fraction = ""] = usd.split(".");
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
}

function microsToUsd(micros: bigint): string {
  const fraction = (micros % 1_000_000n)
    .toString()
    .padStart(6, "0")
    .replace(/0{1,4}$/, "");
  return `${micros / 1_000_000n}.${fraction}`;
}
