import { z } from "zod";
import { ATTEMPT_OUTCOMES, TASK_KINDS, TASK_STATUSES } from "../../enums/task.ts";
import { TEST_OUTCOMES, VERDICTS, VERIFICATION_OUTCOMES } from "../../enums/verification.ts";
import { Finding } from "../verification-report.ts";
import { Id, PageQuery, Sha256, Timestamp, Usd, WaitingFor } from "./conventions.ts";

const facts = {
  id: Id,
  run_id: Id,
  key: z.string(),
  kind: z.enum(TASK_KINDS),
  title: z.string(),
  status: z.enum(TASK_STATUSES),
  priority: z.int(),
  assigned_agent: z.string().nullable(),
  agent_slug: z.string().nullable(),
  attempt: z.int().meta({ description: "counts claims" }),
  failures: z.int().meta({ description: "counts what was charged" }),
  deaths: z.int(),
  overridden: z.boolean(),
  repairs_task_id: Id.nullable(),
  disputes_test_ids: z.array(z.string()),
  depends_on: z.array(z.strictObject({ id: Id, key: z.string(), status: z.enum(TASK_STATUSES) })),
  requirements: z.array(z.strictObject({ id: Id, key: z.string(), closes: z.boolean() })),
  usd_limit: Usd.nullable(),
  tokens_limit: z.int().nullable(),
  created_at: Timestamp,
  assigned_at: Timestamp.nullable(),
  status_changed_at: Timestamp,
  completed_at: Timestamp.nullable(),
  waiting_for: WaitingFor.nullable(),
};

export const Task = z.strictObject(facts).meta({ id: "Task" });
export type Task = z.infer<typeof Task>;

export const TaskListQuery = PageQuery.extend({
  status: z.enum(TASK_STATUSES).optional(),
  kind: z.enum(TASK_KINDS).optional(),
});

export const Attempt = z
  .strictObject({
    attempt: z.int(),
    claim_id: z.int(),
    agent_id: Id,
    agent_slug: z.string(),
    runtime_id: Id,
    accepted_at: Timestamp,
    ended_at: Timestamp.nullable(),
    outcome: z.enum(ATTEMPT_OUTCOMES).nullable(),
    outcome_code: z.string().nullable(),
    outcome_detail: z.string().nullable(),
    charged: z.boolean(),
    self_confidence: z.number().nullable(),
    context_sha256: Sha256,
    product_sha256: Sha256.nullable(),
    transcript_sha256: Sha256.nullable(),
  })
  .meta({ id: "Attempt" });

/** One judgement by the Auditor, with the rows that it rests on. `output` is bounded and hostile: text to show. */
export const TaskVerification = z
  .strictObject({
    id: Id,
    request_id: Id,
    kind: z.string(),
    attempt: z.int().nullable(),
    outcome: z.enum(VERIFICATION_OUTCOMES),
    tree_sha256: Sha256.nullable(),
    report_sha256: Sha256,
    sandbox_level: z.string().nullable(),
    auditor: z.string(),
    requested_at: Timestamp,
    created_at: Timestamp,
    findings: z.array(Finding),
    verdicts: z.array(
      z.strictObject({
        requirement_id: Id,
        requirement_key: z.string(),
        verdict: z.enum(VERDICTS),
        tests_passed: z.int(),
        tests_total: z.int(),
        detail: z.string(),
      }),
    ),
    tests: z.array(
      z.strictObject({
        test_id: z.string(),
        requirement_keys: z.array(z.string()),
        outcome: z.enum(TEST_OUTCOMES),
        reached_product: z.boolean(),
        assertions: z.int(),
        guard: z.boolean(),
        duration_ms: z.int(),
      }),
    ),
    evidence: z.array(
      z.strictObject({
        id: Id,
        kind: z.string(),
        command: z.array(z.string()),
        exit_code: z.int().nullable(),
        reason: z.string().nullable(),
        output: z.string().nullable(),
        output_sha256: Sha256,
        tree_sha256: Sha256.nullable(),
        duration_ms: z.int(),
      }),
    ),
  })
  .meta({ id: "TaskVerification" });

export const ModelCall = z
  .strictObject({
    id: Id,
    attempt: z.int(),
    provider: z.string(),
    model: z.string(),
    status: z.enum(["reserved", "settled", "charged_in_full"]),
    reserved_tokens: z.int(),
    reserved_usd: Usd,
    input_tokens: z.int().nullable(),
    output_tokens: z.int().nullable(),
    usd: Usd.nullable(),
    outcome: z.string().nullable(),
    request_sha256: Sha256.nullable(),
    reply_sha256: Sha256.nullable(),
    duration_ms: z.int().nullable(),
    created_at: Timestamp,
    settled_at: Timestamp.nullable(),
  })
  .meta({ id: "ModelCall" });

export const TaskDetail = z
  .strictObject({
    ...facts,
    specification: z.unknown().meta({ description: "what the task asks for, as the Manager wrote it" }),
    spend: z.strictObject({ usd: Usd, tokens: z.int(), usd_reserved: Usd, tokens_reserved: z.int() }),
    attempts: z.array(Attempt),
    verifications: z.array(TaskVerification),
    model_calls: z.array(ModelCall),
    activity: z
      .array(
        z.strictObject({
          id: Id,
          agent_id: z.string(),
          message: z.string().nullable(),
          severity: z.string().nullable(),
          created_at: Timestamp,
        }),
      )
      .meta({ description: "the newest 200 lines of what its agents logged" }),
  })
  .meta({ id: "TaskDetail" });
export type TaskDetail = z.infer<typeof TaskDetail>;
