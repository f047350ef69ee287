import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { DASHBOARD_PAGES, type DashboardPage } from "@aura/shared/schemas/panel-document";
import type { FastifyInstance } from "fastify";
import { readPanelDocuments } from "../dashboard/panel-documents.ts";
import { type CompiledPage, compilePage, readPanelRows } from "../dashboard/panel-rows.ts";
import { readReportCard } from "../dashboard/report-card.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";

/** What the dashboard shows, and the rows for it. */
export function addDashboardRoutes(app: FastifyInstance, { observer, facts }: AppDeps): void {
  const documents = readPanelDocuments(facts.panels);
  const pages = Object.fromEntries(DASHBOARD_PAGES.map((page) => [page, compilePage(documents[page])])) as Record<
    DashboardPage,
    CompiledPage
  >;

  addRoute(app, OPERATIONS.getDashboard, async ({ params }) => documents[params.page]);

  addRoute(app, OPERATIONS.getDashboardData, async ({ params }) => readPanelRows(observer, pages[params.page]));

  addRoute(app, OPERATIONS.getReportCard, async () => readReportCard(facts.report_card));
}
