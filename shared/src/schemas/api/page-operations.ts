import { PanelDocument } from "../panel-document.ts";
import { DashboardData, DashboardParams } from "./dashboard.ts";
import { operation } from "./operation.ts";
import { AuditorReportCard } from "./report-card.ts";
import { EndedSession, Session, SessionRequest } from "./session.ts";

/** What the dashboard needs beside everything else: its panels, their rows, the Auditor's report card, and a session instead of a key. */
export const PAGE_OPERATIONS = {
  getDashboard: operation({
    id: "getDashboard",
    method: "GET",
    path: "/v1/dashboard/:page",
    access: "suite",
    tag: "dashboard",
    summary: "The panel document of a page of the dashboard",
    params: DashboardParams,
    reply: PanelDocument,
  }),
  getDashboardData: operation({
    id: "getDashboardData",
    method: "GET",
    path: "/v1/dashboard/:page/data",
    access: "suite",
    tag: "dashboard",
    summary: "The rows of every panel of a page, in one snapshot",
    params: DashboardParams,
    reply: DashboardData,
  }),
  getReportCard: operation({
    id: "getReportCard",
    method: "GET",
    path: "/v1/auditor/report-card",
    access: "suite",
    tag: "dashboard",
    summary:
      "How often the Auditor was wrong when it was measured: false accepts and rejects, and what each guard keeps out",
    reply: AuditorReportCard,
  }),
  startSession: operation({
    id: "startSession",
    method: "POST",
    path: "/v1/session",
    access: "public",
    tag: "session",
    summary: "Log in: exchange a key for a cookie that a browser keeps for 12 hours and no script can read",
    body: SessionRequest,
    reply: Session,
    status: 201,
  }),
  getSession: operation({
    id: "getSession",
    method: "GET",
    path: "/v1/session",
    access: "read",
    tag: "session",
    summary: "Whose key stands behind this request",
    reply: Session,
  }),
  endSession: operation({
    id: "endSession",
    method: "DELETE",
    path: "/v1/session",
    access: "public",
    tag: "session",
    summary: "Log out: the browser forgets the cookie",
    reply: EndedSession,
  }),
} as const;
