import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readSystemState } from "../db/read-system-statements.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { judgeReadiness, shippedMigrations } from "./readiness.ts";

export function addSystemRoutes(app: FastifyInstance, { pool, facts }: AppDeps): void {
  const shipped = shippedMigrations();

  addRoute(app, OPERATIONS.getHealth, async () => ({ status: "ok" as const }));

  addRoute(app, OPERATIONS.getReadiness, async () =>
    judgeReadiness(await readSystemState(pool), shipped, facts.manager_id),
  );

  addRoute(app, OPERATIONS.getVersion, async () => ({
    name: "aura-orchestra",
    version: facts.version,
    api: "v1" as const,
    node: process.version,
    project_name: facts.project_name,
    environment: facts.environment,
    strict_policy: facts.strict_policy,
  }));

  addRoute(app, OPERATIONS.getOpenApi, async () => ({ ...app.swagger() }));
}
