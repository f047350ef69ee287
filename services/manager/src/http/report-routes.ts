import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { buildDeliveryReport, renderReportMarkdown } from "../orchestration/delivery-report.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { untilSealed } from "./seals.ts";

export function addReportRoutes(app: FastifyInstance, deps: AppDeps): void {
  const { pool } = deps;
  addRoute(app, OPERATIONS.getReport, async ({ params, request, reply }) => {
    await untilSealed(deps, params.run_id, reply);
    const report = await buildDeliveryReport(pool, params.run_id);
    if (report === null) throw new AuraError("not_found", "there is no run with this id");
    reply.header("vary", "accept");
    if (!prefersMarkdown(request)) return report;
    return reply.type("text/markdown; charset=utf-8").send(renderReportMarkdown(report));
  });
}

/** JSON unless the caller names Markdown (or text) and not JSON before it. */
function prefersMarkdown(request: FastifyRequest): boolean {
  for (const range of (request.headers.accept ?? "").split(",")) {
    const media = range.split(";")[0]?.trim().toLowerCase();
    if (media === "application/json") return false;
    if (media === "text/markdown" || media === "text/plain") return true;
  }
  return false;
}
