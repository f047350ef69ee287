import { z } from "zod";
import { Agent, AgentListQuery, AgentRequest, CreatedAgent, Scorecard } from "./agent.ts";
import { Approval, ApprovalDetail, ApprovalListQuery } from "./approval.ts";
import { AuditEvent, AuditEventListQuery, EventStreamQuery } from "./audit-event.ts";
import { Id, PageQuery, pageOf } from "./conventions.ts";
import { Coverage } from "./coverage.ts";
import { DirectorAction, DirectorActionRequest } from "./director-action.ts";
import { Budget, Policy, PolicyDecision, PolicyDecisionListQuery } from "./governance.ts";
import { CreatedProject, Project, ProjectRequest } from "./project.ts";
import { DeliveryReport } from "./report.ts";
import { RUN_BODY_BYTES_MAX, Run, RunListQuery, RunRequest, StartedRun } from "./run.ts";
import { DiffQuery, FileList, FileListQuery, RevisionQuery } from "./software.ts";
import { Plan, Suite, SuiteQuery } from "./specification.ts";
import { Health, Readiness, Version } from "./system.ts";
import { Task, TaskDetail, TaskListQuery } from "./task.ts";

/**
 * Who may call an operation. `public`: anyone. `read`: every key. `suite`: directors and observers, because whoever
 * codes must not see the tests. `direct`: directors.
 */
export type AccessClass = "public" | "read" | "suite" | "direct";

export interface Operation {
  readonly id: string;
  readonly method: "GET" | "POST";
  /** With `:name` for parameters, and `*` for a path inside a tree. */
  readonly path: string;
  readonly access: AccessClass;
  readonly tag: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** JSON of the success; absent where the reply is text or bytes. */
  readonly reply?: z.ZodType;
  /** Media types of a success that is not JSON. */
  readonly media?: readonly string[];
  /** Status of the success, 200 where absent. */
  readonly status?: 200 | 201;
  readonly body_bytes_max?: number;
  /** Takes HTTP Basic with the key as password too: tools that download know nothing else. */
  readonly basic?: boolean;
}

const operation = <const O extends Operation>(facts: O): O => facts;

const run = z.strictObject({ run_id: Id });

/** Every operation of the REST API: routes, OpenAPI document, client and CLI are made from this one list. */
export const OPERATIONS = {
  createProject: operation({
    id: "createProject",
    method: "POST",
    path: "/v1/projects",
    access: "direct",
    tag: "projects",
    summary: "Create a project",
    body: ProjectRequest,
    reply: CreatedProject,
    status: 201,
  }),
  listProjects: operation({
    id: "listProjects",
    method: "GET",
    path: "/v1/projects",
    access: "read",
    tag: "projects",
    summary: "List projects, newest first",
    query: PageQuery,
    reply: pageOf(Project),
  }),
  getProject: operation({
    id: "getProject",
    method: "GET",
    path: "/v1/projects/:project_id",
    access: "read",
    tag: "projects",
    summary: "Get a project",
    params: z.strictObject({ project_id: Id }),
    reply: Project,
  }),
  startRun: operation({
    id: "startRun",
    method: "POST",
    path: "/v1/runs",
    access: "direct",
    tag: "runs",
    summary: "Start a run: turn a PRD into verified software",
    body: RunRequest,
    reply: StartedRun,
    status: 201,
    body_bytes_max: RUN_BODY_BYTES_MAX,
  }),
  listRuns: operation({
    id: "listRuns",
    method: "GET",
    path: "/v1/runs",
    access: "read",
    tag: "runs",
    summary: "List runs, newest first",
    query: RunListQuery,
    reply: pageOf(Run),
  }),
  getRun: operation({
    id: "getRun",
    method: "GET",
    path: "/v1/runs/:run_id",
    access: "read",
    tag: "runs",
    summary: "Get a run",
    params: run,
    reply: Run,
  }),
  getCoverage: operation({
    id: "getCoverage",
    method: "GET",
    path: "/v1/runs/:run_id/requirements",
    access: "read",
    tag: "runs",
    summary: "The coverage ledger: from every block of the PRD to the evidence",
    params: run,
    reply: Coverage,
  }),
  getPlan: operation({
    id: "getPlan",
    method: "GET",
    path: "/v1/runs/:run_id/plan",
    access: "read",
    tag: "runs",
    summary: "The accepted plan: toolchain, components, interfaces, file scopes, tasks, digest",
    params: run,
    reply: Plan,
  }),
  getSuite: operation({
    id: "getSuite",
    method: "GET",
    path: "/v1/runs/:run_id/suite",
    access: "suite",
    tag: "runs",
    summary: "The acceptance suite, its versions and disputes",
    params: run,
    query: SuiteQuery,
    reply: Suite,
  }),
  listTasks: operation({
    id: "listTasks",
    method: "GET",
    path: "/v1/runs/:run_id/tasks",
    access: "read",
    tag: "tasks",
    summary: "List the tasks of a run, oldest first",
    params: run,
    query: TaskListQuery,
    reply: pageOf(Task),
  }),
  getTask: operation({
    id: "getTask",
    method: "GET",
    path: "/v1/tasks/:task_id",
    access: "read",
    tag: "tasks",
    summary: "A task with its attempts, verdicts, evidence, model calls and spend",
    params: z.strictObject({ task_id: Id }),
    reply: TaskDetail,
  }),
  listFiles: operation({
    id: "listFiles",
    method: "GET",
    path: "/v1/runs/:run_id/files",
    access: "read",
    tag: "software",
    summary: "List the files of a tree, the landed head unless another is named",
    params: run,
    query: FileListQuery,
    reply: FileList,
  }),
  getFile: operation({
    id: "getFile",
    method: "GET",
    path: "/v1/runs/:run_id/files/*",
    access: "read",
    tag: "software",
    summary: "The content of one file",
    params: z.strictObject({ run_id: Id, "*": z.string() }),
    query: RevisionQuery,
    media: ["text/plain", "application/octet-stream"],
    basic: true,
  }),
  getDiff: operation({
    id: "getDiff",
    method: "GET",
    path: "/v1/runs/:run_id/diff",
    access: "read",
    tag: "software",
    summary: "Unified diff between two revisions or attempts",
    params: run,
    query: DiffQuery,
    media: ["text/x-diff"],
    basic: true,
  }),
  downloadSoftware: operation({
    id: "downloadSoftware",
    method: "GET",
    path: "/v1/runs/:run_id/software.tar.gz",
    access: "read",
    tag: "software",
    summary: "The delivered software with its report; 409 until there is one, unless revision=best",
    params: run,
    query: RevisionQuery,
    media: ["application/gzip"],
    basic: true,
  }),
  getReport: operation({
    id: "getReport",
    method: "GET",
    path: "/v1/runs/:run_id/report",
    access: "read",
    tag: "runs",
    summary: "The delivery report, as JSON or Markdown by Accept",
    params: run,
    reply: DeliveryReport,
    media: ["text/markdown"],
    basic: true,
  }),
  streamEvents: operation({
    id: "streamEvents",
    method: "GET",
    path: "/v1/events",
    access: "read",
    tag: "audit",
    summary: "Live audit events (SSE); id is the sequence; resumes from Last-Event-ID; heartbeat every 15 s",
    query: EventStreamQuery,
    media: ["text/event-stream"],
  }),
  act: operation({
    id: "act",
    method: "POST",
    path: "/v1/director/actions",
    access: "direct",
    tag: "director",
    summary: "Intervene: recorded with its reason in the transaction of its effect",
    body: DirectorActionRequest,
    reply: DirectorAction,
    status: 201,
  }),
  listApprovals: operation({
    id: "listApprovals",
    method: "GET",
    path: "/v1/approvals",
    access: "read",
    tag: "director",
    summary: "List approvals, newest first",
    query: ApprovalListQuery,
    reply: pageOf(Approval),
  }),
  getApproval: operation({
    id: "getApproval",
    method: "GET",
    path: "/v1/approvals/:approval_id",
    access: "read",
    tag: "director",
    summary: "An approval, the document it is about, and the digest that binds it",
    params: z.strictObject({ approval_id: Id }),
    reply: ApprovalDetail,
  }),
  listAgents: operation({
    id: "listAgents",
    method: "GET",
    path: "/v1/agents",
    access: "read",
    tag: "agents",
    summary: "The roster, by slug",
    query: AgentListQuery,
    reply: pageOf(Agent),
  }),
  createAgent: operation({
    id: "createAgent",
    method: "POST",
    path: "/v1/agents",
    access: "direct",
    tag: "agents",
    summary: "Take an agent on",
    body: AgentRequest,
    reply: CreatedAgent,
    status: 201,
  }),
  getAgent: operation({
    id: "getAgent",
    method: "GET",
    path: "/v1/agents/:agent_id",
    access: "read",
    tag: "agents",
    summary: "Get an agent",
    params: z.strictObject({ agent_id: Id }),
    reply: Agent,
  }),
  getScorecard: operation({
    id: "getScorecard",
    method: "GET",
    path: "/v1/agents/:agent_id/scorecard",
    access: "read",
    tag: "agents",
    summary: "How an agent's work was judged, by verdicts alone",
    params: z.strictObject({ agent_id: Id }),
    reply: Scorecard,
  }),
  listPolicies: operation({
    id: "listPolicies",
    method: "GET",
    path: "/v1/policies",
    access: "read",
    tag: "governance",
    summary: "The policies that apply now",
    query: PageQuery,
    reply: pageOf(Policy),
  }),
  listPolicyDecisions: operation({
    id: "listPolicyDecisions",
    method: "GET",
    path: "/v1/policies/decisions",
    access: "read",
    tag: "governance",
    summary: "Every decision by policy with the version that made it, newest first",
    query: PolicyDecisionListQuery,
    reply: pageOf(PolicyDecision),
  }),
  getBudget: operation({
    id: "getBudget",
    method: "GET",
    path: "/v1/budgets/:run_id",
    access: "read",
    tag: "governance",
    summary: "What a run may spend, has spent and has reserved",
    params: run,
    reply: Budget,
  }),
  listAuditEvents: operation({
    id: "listAuditEvents",
    method: "GET",
    path: "/v1/audit/events",
    access: "read",
    tag: "audit",
    summary: "List audit events, newest first",
    query: AuditEventListQuery,
    reply: pageOf(AuditEvent),
  }),
  getHealth: operation({
    id: "getHealth",
    method: "GET",
    path: "/healthz",
    access: "public",
    tag: "system",
    summary: "The process answers",
    reply: Health,
  }),
  getReadiness: operation({
    id: "getReadiness",
    method: "GET",
    path: "/readyz",
    access: "public",
    tag: "system",
    summary: "What is needed to serve is there",
    reply: Readiness,
  }),
  getOpenApi: operation({
    id: "getOpenApi",
    method: "GET",
    path: "/openapi.json",
    access: "public",
    tag: "system",
    summary: "This API as an OpenAPI 3.1 document",
    reply: z.record(z.string(), z.unknown()),
  }),
  getVersion: operation({
    id: "getVersion",
    method: "GET",
    path: "/version",
    access: "public",
    tag: "system",
    summary: "What runs here",
    reply: Version,
  }),
} as const;
