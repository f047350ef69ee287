import type { AgentStanding } from "@aura/shared/enums/actor";
import type { ApprovalKind, ApprovalStatus, RunStatus, StopReason } from "@aura/shared/enums/run";
import type { TaskKind } from "@aura/shared/enums/task";
import type { VerificationKind } from "@aura/shared/enums/verification";
import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, callVerbRows, type LeaderContext, type VerbOutcome } from "@aura/shared/postgres/verbs";

export interface NewTask {
  readonly id: string;
  readonly kind: TaskKind;
  readonly key: string;
  readonly title: string;
  readonly spec_sha256: string;
  readonly priority: number;
  readonly depends_on: readonly string[];
  readonly usd_limit: string | null;
  readonly tokens_limit: number | null;
  readonly repairs_task_id: string | null;
  readonly disputes_test_ids: readonly string[];
  readonly requirements: readonly { readonly requirement_id: string; readonly closes: boolean }[];
}

export interface NewRequest {
  readonly id: string;
  readonly run_id: string;
  readonly kind: VerificationKind;
  readonly task_id: string | null;
  readonly attempt: number | null;
  readonly claim_id: string | null;
  readonly product_sha256: string | null;
  readonly base_revision_id: string | null;
  readonly tree_sha256: string | null;
  readonly plan_id: string | null;
  readonly suite_id: string | null;
  readonly retry: number;
}

export interface NewRequirement {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  readonly priority: string;
  readonly verification_method: string;
  readonly block_ids: readonly string[];
  readonly content_sha256: string;
}

export interface NewDisposition {
  readonly block_id: string;
  readonly disposition: string;
  readonly reason: string;
}

export interface NewPlan {
  readonly id: string;
  readonly run_id: string;
  readonly revision: number;
  readonly content_sha256: string;
  readonly verification_id: string;
}

export interface NewSuite {
  readonly id: string;
  readonly run_id: string;
  readonly version: number;
  readonly content_sha256: string;
  readonly verification_id: string | null;
  readonly author_agent_id: string | null;
  readonly replaces_test_ids: readonly string[];
}

export interface NewDispute {
  readonly id: string;
  readonly run_id: string;
  readonly task_id: string;
  readonly attempt: number;
  readonly test_id: string;
  readonly basis: string;
  readonly dispute_task_id: string;
}

export interface NewApproval {
  readonly id: string;
  readonly run_id: string;
  readonly kind: ApprovalKind;
  readonly digest: string;
  readonly subject_id: string;
  readonly content_sha256: string;
  readonly question: string | null;
  /** RFC 3339. */
  readonly expires_at: string;
}

export interface NewPolicyDecision {
  readonly id: string;
  readonly run_id: string | null;
  readonly task_id: string | null;
  readonly policy_key: string;
  readonly policy_version: number;
  readonly decision: "allow" | "deny" | "needs_approval";
  readonly subject: string;
  readonly reason: string;
}

export interface ModelPrice {
  readonly provider: string;
  readonly model: string;
  readonly input_usd: string;
  readonly output_usd: string;
  readonly source: string;
}

/**
 * The Manager's verbs (database/functions), one method each, with the same words. A method takes what the verb takes
 * and returns one outcome an item; it throws only when the call is malformed, the term is over or the database is away.
 */
export class ManagerVerbs {
  readonly #actor: LeaderContext;

  /** @param term what the election of this Manager gave it */
  constructor(actorId: string, term: string) {
    this.#actor = leaderContext(actorId, term);
  }

  addTasks(db: Queryable, runId: string, tasks: readonly NewTask[]) {
    return this.#call(db, "add_tasks", [runId, JSON.stringify(tasks)]);
  }

  releaseTasks(db: Queryable, taskIds: readonly string[]) {
    return this.#call(db, "release_tasks", [taskIds]);
  }

  assignTasks(db: Queryable, items: readonly { task_id: string; agent_id: string; context_sha256: string }[]) {
    const contexts = items.map((item) => bytes(item.context_sha256));
    return this.#call(db, "assign_tasks", [
      items.map((item) => item.task_id),
      items.map((item) => item.agent_id),
      contexts,
    ]);
  }

  withdrawTasks(db: Queryable, items: readonly { task_id: string; code: string }[]) {
    return this.#call(db, "withdraw_tasks", columns(items, "task_id", "code"));
  }

  requeueTasks(db: Queryable, items: readonly { task_id: string; code: string; charged: boolean }[]) {
    return this.#call(db, "requeue_tasks", columns(items, "task_id", "code", "charged"));
  }

  escalateTasks(db: Queryable, items: readonly { task_id: string; code: string; detail: string }[]) {
    return this.#call(db, "escalate_tasks", columns(items, "task_id", "code", "detail"));
  }

  cancelTasks(db: Queryable, items: readonly { task_id: string; code: string }[]) {
    return this.#call(db, "cancel_tasks", columns(items, "task_id", "code"));
  }

  failTasks(db: Queryable, items: readonly { task_id: string; code: string }[]) {
    return this.#call(db, "fail_tasks", columns(items, "task_id", "code"));
  }

  requestVerifications(db: Queryable, requests: readonly NewRequest[]) {
    return this.#call(db, "request_verifications", [JSON.stringify(requests)]);
  }

  verifyTasks(db: Queryable, items: readonly { task_id: string; verification_id: string }[]) {
    return this.#call(db, "verify_tasks", columns(items, "task_id", "verification_id"));
  }

  rejectTasks(db: Queryable, items: readonly { task_id: string; verification_id: string }[]) {
    return this.#call(db, "reject_tasks", columns(items, "task_id", "verification_id"));
  }

  markBestAttempts(db: Queryable, items: readonly { task_id: string; request_id: string }[]) {
    return this.#call(db, "mark_best_attempts", columns(items, "task_id", "request_id"));
  }

  landRevisions(db: Queryable, items: readonly { verification_id: string; message: string }[]) {
    return this.#call(db, "land_revisions", columns(items, "verification_id", "message"));
  }

  landPartialRevision(
    db: Queryable,
    item: { run_id: string; head_revision_id: string | null; tree_sha256: string; message: string },
  ) {
    const { run_id, head_revision_id, tree_sha256, message } = item;
    return this.#call(db, "land_partial_revision", [run_id, head_revision_id, bytes(tree_sha256), message]);
  }

  adoptBaseRevision(db: Queryable, runId: string, treeSha256: string) {
    return this.#call(db, "adopt_base_revision", [runId, bytes(treeSha256)]);
  }

  adoptRequirements(
    db: Queryable,
    item: { run_id: string; verification_id: string; requirements: NewRequirement[]; dispositions: NewDisposition[] },
  ) {
    const { run_id, verification_id, requirements, dispositions } = item;
    const values = [run_id, verification_id, JSON.stringify(requirements), JSON.stringify(dispositions)];
    return this.#call(db, "adopt_requirements", values);
  }

  adoptPlan(db: Queryable, plan: NewPlan) {
    return this.#call(db, "adopt_plan", [JSON.stringify(plan)]);
  }

  adoptSuite(db: Queryable, suite: NewSuite) {
    return this.#call(db, "adopt_suite", [JSON.stringify(suite)]);
  }

  openDisputes(db: Queryable, disputes: readonly NewDispute[]) {
    return this.#call(db, "open_disputes", [JSON.stringify(disputes)]);
  }

  ruleDisputes(db: Queryable, items: readonly { dispute_id: string; ruling: "upheld" | "replaced" }[]) {
    return this.#call(db, "rule_disputes", columns(items, "dispute_id", "ruling"));
  }

  openApprovals(db: Queryable, approvals: readonly NewApproval[]) {
    return this.#call(db, "open_approvals", [JSON.stringify(approvals)]);
  }

  settleApprovals(
    db: Queryable,
    items: readonly { approval_id: string; status: ApprovalStatus; policy_decision_id: string | null }[],
  ) {
    return this.#call(db, "settle_approvals", columns(items, "approval_id", "status", "policy_decision_id"));
  }

  useApprovals(db: Queryable, items: readonly { approval_id: string; digest: string }[]) {
    const digests = items.map((item) => bytes(item.digest));
    return this.#call(db, "use_approvals", [items.map((item) => item.approval_id), digests]);
  }

  moveRuns(
    db: Queryable,
    items: readonly { run_id: string; status: RunStatus; code: string | null; detail: string | null }[],
  ) {
    return this.#call(db, "move_runs", columns(items, "run_id", "status", "code", "detail"));
  }

  finishRuns(
    db: Queryable,
    items: readonly { run_id: string; status: RunStatus; stop_reason: StopReason; revision_id: string | null }[],
  ) {
    return this.#call(db, "finish_runs", columns(items, "run_id", "status", "stop_reason", "revision_id"));
  }

  bindAgents(db: Queryable, items: readonly { agent_id: string; runtime_id: string }[]) {
    return this.#call(db, "bind_agents", columns(items, "agent_id", "runtime_id"));
  }

  setStandings(db: Queryable, items: readonly { agent_id: string; standing: AgentStanding; reason: string }[]) {
    return this.#call(db, "set_standings", columns(items, "agent_id", "standing", "reason"));
  }

  recordPolicyDecisions(db: Queryable, decisions: readonly NewPolicyDecision[]) {
    return this.#call(db, "record_policy_decisions", [JSON.stringify(decisions)]);
  }

  /** @returns how many prices were new or had changed */
  async setModelPrices(db: Queryable, prices: readonly ModelPrice[]): Promise<number> {
    const values = [JSON.stringify(prices)];
    const rows = await callVerbRows<{ set_model_prices: number }>(db, "set_model_prices", this.#actor, ...values);
    return rows[0]?.set_model_prices ?? 0;
  }

  expireReservations(db: Queryable, olderThanSeconds: number) {
    return this.#call(db, "expire_reservations", [olderThanSeconds]);
  }

  /** @returns how many replies under an Idempotency-Key were old enough to be forgotten */
  async forgetReplies(db: Queryable): Promise<number> {
    const rows = await callVerbRows<{ forget_replies: number }>(db, "forget_replies", this.#actor);
    return rows[0]?.forget_replies ?? 0;
  }

  setConfidence(db: Queryable, items: readonly { run_id: string; score: string }[]) {
    return this.#call(db, "set_confidence", columns(items, "run_id", "score"));
  }

  #call(db: Queryable, verb: string, values: readonly unknown[]): Promise<VerbOutcome[]> {
    return callVerb(db, verb, this.#actor, ...values);
  }
}

export function leaderContext(actorId: string, term: string): LeaderContext {
  return { actor_kind: "manager", actor_id: actorId, request_id: null, action_id: null, term };
}

function columns<T>(items: readonly T[], ...names: readonly (keyof T)[]): unknown[][] {
  return names.map((name) => items.map((item) => item[name]));
}

function bytes(hex: string): Buffer {
  return Buffer.from(hex, "hex");
}
