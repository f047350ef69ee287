import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readEvents } from "../db/read-audit-statements.ts";
import { readBudget, readPolicies, readPolicyDecisions } from "../db/read-governance-statements.ts";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";

const CURSOR_KEY = /^[a-z0-9_.:-]{1,200}$/i;

/** What rules apply, what they decided, what may be spent, what happened. */
export function addGovernanceRoutes(app: FastifyInstance, { pool }: AppDeps): void {
  addRoute(app, OPERATIONS.listPolicies, async ({ query }) => readPolicies(pool, pageRequest(query, [CURSOR_KEY])));

  addRoute(app, OPERATIONS.listPolicyDecisions, async ({ query }) =>
    readPolicyDecisions(pool, query, pageRequest(query, [CURSOR_TIME, CURSOR_ID])),
  );

  addRoute(app, OPERATIONS.getBudget, async ({ params }) => {
    const budget = await readBudget(pool, params.run_id);
    if (budget === null) throw new AuraError("not_found", "there is no run with this id");
    return budget;
  });

  addRoute(app, OPERATIONS.listAuditEvents, async ({ query }) =>
    readEvents(pool, query, pageRequest(query, [CURSOR_ID])),
  );
}
