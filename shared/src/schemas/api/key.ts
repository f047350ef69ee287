import { z } from "zod";
import { KEY_ROLES } from "../../enums/actor.ts";
import { Id, Seal, Sha256, Text, Timestamp } from "./conventions.ts";

const KeyName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9 ._@-]{0,78}[A-Za-z0-9._@-])?$/,
    "1 to 80 letters, digits, blanks and ._@-, no blank at an end",
  )
  .refine((name) => !z.uuid().safeParse(name).success, "not an id: it would be read as an agent or a process");
const Reason = Text.trim().min(3).max(2000);

/** The key itself is made where it will be used: only its hash is handed in, so no reply, log or replay can hold it. */
export const KeyRequest = z
  .strictObject({
    name: KeyName.meta({ description: "who acts under it, as it stands beside every action" }),
    role: z.enum(KEY_ROLES),
    key_sha256: Sha256.meta({ description: "SHA-256 of the key, which has at least 32 random characters" }),
    expires_at: Timestamp.nullish().meta({ description: "null: never" }),
    reason: Reason,
  })
  .meta({ id: "KeyRequest" });

export const RevokeRequest = z.strictObject({ reason: Reason }).meta({ id: "RevokeRequest" });

export const ApiKey = z
  .strictObject({
    id: Id,
    name: z.string(),
    role: z.enum(KEY_ROLES),
    created_at: Timestamp,
    expires_at: Timestamp.nullable(),
    revoked_at: Timestamp.nullable(),
  })
  .meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof ApiKey>;

export const ChangedKey = ApiKey.extend(Seal).meta({ id: "ChangedKey" });
