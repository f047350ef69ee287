import { z } from "zod";
import { Id, Seal, Sha256, Text, Timestamp, Usd } from "./conventions.ts";

/** Kept for ever with the action: say why, and nothing that may have to be erased. */
const Reason = Text.trim().min(3, "at least 3 characters").max(2000);

const BlockId = z.string().regex(/^B\d+$/);
const Verdict = z.enum(["pass", "fail"]);

function act<Name extends string, Extra extends z.core.$ZodShape>(action: Name, extra: Extra) {
  return z.strictObject({ action: z.literal(action), target_id: Id, reason: Reason, ...extra });
}

function actOnNothing<Name extends string, Extra extends z.core.$ZodShape>(action: Name, extra: Extra) {
  return z.strictObject({ action: z.literal(action), target_id: z.null().optional(), reason: Reason, ...extra });
}

/** Every intervention of a person. Which kind of thing `target_id` names depends on the action. */
export const DirectorActionRequest = z
  .discriminatedUnion("action", [
    act("approve", { digest: Sha256 }),
    act("reject", { digest: Sha256 }),
    act("request_changes", { digest: Sha256 }),
    act("answer", { answer: Text.trim().min(1).max(20_000) }),
    act("set_aside", { block_id: BlockId.optional() }),
    act("confirm_inspection", { verdict: Verdict }),
    act("deliver_partial", {}),
    act("pause", {}),
    act("resume", {}),
    act("cancel", {}),
    act("cancel_task", {}),
    act("retry_task", {}),
    act("reassign_task", { agent_id: Id.optional() }),
    act("override_verdict", { verdict: Verdict.default("pass") }),
    act("set_priority", { priority: z.int().min(-1000).max(1000) }),
    act("set_budget", { usd: Usd.optional(), tokens: z.int().nonnegative().optional() }),
    act("suspend_agent", {}),
    act("reinstate_agent", {}),
    act("retire_agent", {}),
    actOnNothing("set_policy", { key: Text.min(1).max(100), value: Text.max(10_000) }),
    act("erase_payload", {}),
    actOnNothing("erase_blob", { sha256: Sha256 }),
    actOnNothing("stop_all", {}),
    actOnNothing("resume_all", {}),
  ])
  .meta({ id: "DirectorActionRequest" });
export type DirectorActionRequest = z.output<typeof DirectorActionRequest>;
export type DirectorActionInput = z.input<typeof DirectorActionRequest>;

export const DirectorAction = z
  .strictObject({
    id: Id,
    action: z.string(),
    target_id: Id.nullable(),
    reason: z.string(),
    director_id: z.string(),
    outcome: z.string(),
    code: z.string().nullable(),
    detail: z.string().nullable(),
    request_id: z.string().nullable(),
    created_at: Timestamp,
    ...Seal,
  })
  .meta({ id: "DirectorAction" });
export type DirectorAction = z.infer<typeof DirectorAction>;
