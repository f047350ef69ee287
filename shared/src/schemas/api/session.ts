import { z } from "zod";
import { KEY_ROLES } from "../../enums/actor.ts";
import { Id, Text, Timestamp } from "./conventions.ts";

export const SessionRequest = z.strictObject({ key: Text.min(1).max(500) }).meta({ id: "SessionRequest" });

/** Whose key stands behind this request, and until when a cookie carries it; null for a key that came with the request. */
export const Session = z
  .strictObject({ key_id: Id, name: z.string(), role: z.enum(KEY_ROLES), expires_at: Timestamp.nullable() })
  .meta({ id: "Session" });
export type Session = z.infer<typeof Session>;

export const EndedSession = z.strictObject({ status: z.literal("ended") }).meta({ id: "EndedSession" });
