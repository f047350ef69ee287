import { z } from "zod";
import { OVERSIGHTS, RUN_STATUSES, STOP_REASONS } from "../../enums/run.ts";
import { TASK_STATUSES } from "../../enums/task.ts";
import { Id, PageQuery, Seal, Text, Timestamp, Usd, WaitingFor } from "./conventions.ts";
import { ProjectName } from "./project.ts";

/** Bytes of a request that starts a run: attachments come with it as base64. */
export const RUN_BODY_BYTES_MAX = 16 * 1024 * 1024;

/** Name of a provider, model or toolchain as people write it in configuration. */
const ConfiguredName = Text.min(1).max(120);

/**
 * What the Director hands in. Sizes, an empty PRD and attachment paths are judged by intake, which answers with codes
 * of their own; here stands only the shape.
 */
export const RunRequest = z
  .strictObject({
    project: ProjectName.meta({ description: "Name or id; created when new" }),
    prd: z.strictObject({
      title: Text.max(300).optional(),
      body: z.string().meta({ description: "Markdown, verbatim, at most 256 KiB" }),
      attachments: z
        .array(z.strictObject({ path: z.string(), content_base64: z.base64() }))
        .max(200)
        .default([]),
    }),
    base_run_id: Id.nullish(),
    oversight: z.enum(OVERSIGHTS).default("supervised"),
    budget: z
      .strictObject({
        usd: Usd.nullish().meta({ description: "0 means that nothing may be spent" }),
        tokens: z.int().nonnegative().nullish(),
      })
      .nullish(),
    provider: ConfiguredName.nullish().meta({
      description: "What the run may ask; several, separated by commas, are asked in this order",
    }),
    model: ConfiguredName.nullish().meta({ description: "One for each provider, in the same order" }),
    toolchain: ConfiguredName.nullish(),
  })
  .meta({ id: "RunRequest" });
export type RunRequest = z.output<typeof RunRequest>;
export type RunRequestInput = z.input<typeof RunRequest>;

/** How many requirements stand where. The eight words add up to `total`; `pass` is executed evidence only. */
export const RequirementCounts = z
  .strictObject({
    total: z.int(),
    pass: z.int(),
    fail: z.int(),
    inconclusive: z.int(),
    not_run: z.int(),
    inspection: z.int().meta({ description: "judged by a person: confirmed, or still to be looked at" }),
    set_aside: z.int(),
    overridden: z.int(),
  })
  .meta({ id: "RequirementCounts" });
export type RequirementCounts = z.infer<typeof RequirementCounts>;

/** Settled cost, beside it what calls under way have reserved. */
export const Spend = z
  .strictObject({
    usd: Usd,
    tokens: z.int(),
    usd_limit: Usd,
    tokens_limit: z.int(),
    usd_reserved: Usd,
    tokens_reserved: z.int(),
  })
  .meta({ id: "Spend" });

export const RunWaitingFor = WaitingFor.extend({
  approval_ids: z.array(Id).meta({ description: "pending approvals of the run" }),
}).meta({ id: "RunWaitingFor" });
export type RunWaitingFor = z.infer<typeof RunWaitingFor>;

export const Run = z
  .strictObject({
    id: Id,
    project_id: Id.nullable(),
    project: z.string().nullable(),
    title: z.string(),
    status: z.enum(RUN_STATUSES),
    stop_reason: z.enum(STOP_REASONS).nullable(),
    paused_at: Timestamp.nullable(),
    oversight: z.enum(OVERSIGHTS),
    strict_policy: z.boolean(),
    provider: z.string().nullable(),
    model: z.string().nullable(),
    toolchain: z.string(),
    base_run_id: Id.nullable(),
    priority: z.int(),
    confidence_score: z.number().nullable(),
    created_by: z.string(),
    started_at: Timestamp.nullable(),
    status_changed_at: Timestamp,
    finished_at: Timestamp.nullable(),
    plan_revision: z.int().nullable(),
    suite_version: z.int().nullable(),
    head_revision: z.int().nullable(),
    delivered_revision: z.int().nullable(),
    requirements: RequirementCounts,
    tasks: z.partialRecord(z.enum(TASK_STATUSES), z.int()),
    spend: Spend,
    waiting_for: RunWaitingFor.nullable(),
    links: z.record(z.string(), z.string()),
  })
  .meta({ id: "Run" });
export type Run = z.infer<typeof Run>;

export const StartedRun = Run.extend(Seal).meta({ id: "StartedRun" });
export type StartedRun = z.infer<typeof StartedRun>;

export const RunListQuery = PageQuery.extend({
  status: z.enum(RUN_STATUSES).optional(),
  project_id: Id.optional(),
});
