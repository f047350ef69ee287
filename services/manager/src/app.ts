import { randomUUID } from "node:crypto";
import { BODY_BYTES_MAX } from "@aura/shared/schemas/api/conventions";
import etag from "@fastify/etag";
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { guardRoutes } from "./http/access.ts";
import { addAgentRoutes } from "./http/agent-routes.ts";
import type { AppDeps } from "./http/app-deps.ts";
import { addAttestationRoutes } from "./http/attestation-routes.ts";
import { addDashboardRoutes } from "./http/dashboard-routes.ts";
import { addDirectorRoutes } from "./http/director-routes.ts";
import { describeRoutes, serveDocumentation } from "./http/documentation.ts";
import { addEventStreamRoutes } from "./http/event-stream-routes.ts";
import { addEvidencePackRoutes } from "./http/evidence-pack-routes.ts";
import { addExportRoutes } from "./http/export-routes.ts";
import { addGitRoutes } from "./http/git-routes.ts";
import { addGovernanceRoutes } from "./http/governance-routes.ts";
import { replayKeyedPosts } from "./http/idempotency.ts";
import { acceptJsonOnly } from "./http/json-bodies.ts";
import { openKeyChecks } from "./http/key-checks.ts";
import { addKeyRoutes } from "./http/key-routes.ts";
import { addLedgerRoutes } from "./http/ledger-routes.ts";
import { addPageRoutes } from "./http/page-routes.ts";
import { answerWithProblems, sendProblem } from "./http/problem-replies.ts";
import { addProjectRoutes } from "./http/project-routes.ts";
import { openRateLimits } from "./http/rate-limits.ts";
import { openReadRecords } from "./http/read-records.ts";
import { addReportRoutes } from "./http/report-routes.ts";
import { addRunRoutes } from "./http/run-routes.ts";
import { sendSafeHeaders } from "./http/safe-headers.ts";
import { addSessionRoutes } from "./http/session-routes.ts";
import { openSessions } from "./http/sessions.ts";
import { addSoftwareRoutes } from "./http/software-routes.ts";
import { addSpecificationRoutes } from "./http/specification-routes.ts";
import { addSystemRoutes } from "./http/system-routes.ts";
import { addTaskRoutes } from "./http/task-routes.ts";

const IDLE_LOOK_MS = 50;

/**
 * The Manager's REST API without listening, so that tests use `inject`. It owns nothing it is given: close the pool
 * after the app.
 *
 * @throws on ready when a route has no access class or no rate class
 */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const app: FastifyInstance = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    genReqId: () => randomUUID(),
    requestTimeout: 60_000,
    trustProxy: [...deps.facts.trusted_proxies],
    routerOptions: { maxParamLength: 300 },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const sessions = openSessions(deps.facts.environment === "production");
  const limits = openRateLimits(deps.facts.rate_limits);
  const recordRead = openReadRecords(deps.pool, deps.facts.manager_id);
  const guards = { limits, checkKey: openKeyChecks(deps.pool, limits), sessions };
  guardRoutes(app, guards);
  replayKeyedPosts(app, deps.pool);
  sendSafeHeaders(app);
  await app.register(etag, { algorithm: "sha256" }); // whoever polls is told that nothing has changed
  acceptJsonOnly(app);
  answerWithProblems(app);
  await describeRoutes(app, deps.facts.version);
  addProjectRoutes(app, deps);
  addRunRoutes(app, deps);
  addSpecificationRoutes(app, deps);
  addTaskRoutes(app, deps, recordRead);
  addSoftwareRoutes(app, deps);
  addGitRoutes(app, deps);
  addReportRoutes(app, deps);
  addAttestationRoutes(app, deps);
  addEventStreamRoutes(app, deps);
  addDirectorRoutes(app, deps);
  addAgentRoutes(app, deps);
  addKeyRoutes(app, deps, recordRead);
  addGovernanceRoutes(app, deps);
  addLedgerRoutes(app, deps);
  addExportRoutes(app, deps, recordRead);
  addEvidencePackRoutes(app, deps, recordRead);
  addSystemRoutes(app, deps);
  addSessionRoutes(app, guards);
  addDashboardRoutes(app, deps);
  addPageRoutes(app, deps.facts.page);
  await serveDocumentation(app);
  letGoOfIdleConnections(app);
  return app;
}

/** Requests under way may end; connections that carry none, or never carried one, would hold the end of the server up. */
function letGoOfIdleConnections(app: FastifyInstance): void {
  let underWay = 0;
  app.server.on("request", (_request, response) => {
    underWay += 1;
    response.once("close", () => {
      underWay -= 1;
    });
  });
  app.addHook("preClose", async () => {
    if (!app.server.listening) return;
    const look = () => void (underWay === 0 && app.server.closeAllConnections());
    const timer = setInterval(look, IDLE_LOOK_MS).unref();
    app.server.once("close", () => clearInterval(timer));
  });
}
