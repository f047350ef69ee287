import { z } from "zod";
import { Timestamp } from "./conventions.ts";

export const Health = z.strictObject({ status: z.literal("ok") }).meta({ id: "Health" });

const Check = z.strictObject({ status: z.enum(["ok", "degraded"]), detail: z.string() });
export type Check = z.infer<typeof Check>;

/** `degraded`: serves, but something needs a look. What cannot serve answers 503 with a problem instead. */
export const Readiness = z
  .strictObject({
    status: z.enum(["ok", "degraded"]),
    checks: z.strictObject({
      database: Check,
      migrations: Check,
      agent_runtimes: Check,
      event_numbering: Check,
      log_sealing: Check,
      witness: Check,
      ddl_guard: Check,
      system: Check,
      leadership: Check,
    }),
    /** Which Manager answered, and which leads. `holder` and `since` are null while none does. */
    leadership: z.strictObject({
      role: z.enum(["leader", "standby"]),
      term: z.int(),
      holder: z.string().nullable(),
      since: Timestamp.nullable(),
    }),
  })
  .meta({ id: "Readiness" });
export type Readiness = z.infer<typeof Readiness>;

export const Version = z
  .strictObject({
    name: z.string(),
    version: z.string(),
    api: z.literal("v1"),
    node: z.string(),
    project_name: z.string(),
    environment: z.string(),
    strict_policy: z.boolean(),
  })
  .meta({ id: "Version" });
export type Version = z.infer<typeof Version>;
