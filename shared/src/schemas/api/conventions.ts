import { z } from "zod";
import { PROBLEMS, type ProblemCode } from "../../problems.ts";

/** Text that the database can hold as it is: well-formed Unicode without NUL. */
export const Text = z
  .string()
  .refine((text) => text.isWellFormed(), "not well-formed Unicode")
  .refine((text) => !text.includes("\u0000"), "NUL is not allowed");

export const Id = z.uuid().meta({ description: "UUIDv7, or v8 where it follows from other facts" });

/** RFC 3339 in UTC with microseconds, as the database has it. */
export const Timestamp = z.iso.datetime({ precision: 6 }).meta({ description: "RFC 3339, UTC, microseconds" });

/** A time as a caller may write it: any RFC 3339 time with offset. */
export const TimestampFilter = z.iso.datetime({ offset: true });

/** US dollars as a decimal string: a binary float loses cents. */
export const Usd = z
  .string()
  .regex(/^\d{1,8}(?:\.\d{1,6})?$/, "a decimal string in USD, at most 6 decimals, not negative");

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits");

/** Body size of a request in bytes, where an operation does not say otherwise. */
export const BODY_BYTES_MAX = 1024 * 1024;

const LIST_LIMIT_MAX = 1000;

/** Query of every list. Keyset: `cursor` is the `next_cursor` of the page before, and nothing is ever counted off. */
export const PageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(LIST_LIMIT_MAX).default(50),
  cursor: z.string().min(1).max(400).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ data: z.array(item), next_cursor: z.string().nullable() });
}

const codes = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** RFC 9457 problem details: the body of every reply that is not a success. */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().meta({ description: "Id of the request; the service's log line carries it too" }),
    code: z.enum(codes),
    issues: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
    hint: z.string(),
    retryable: z.boolean(),
  })
  .meta({ id: "Problem" });
export type Problem = z.infer<typeof Problem>;

/**
 * What every mutation's reply carries about its own record. The commit is the fact; the seal follows within seconds, so
 * `sealed` is false at first. At `proof_url` lies the proof that a signed checkpoint covers its event, once one does.
 */
export const Seal = { sealed: z.boolean(), proof_url: z.string().nullable() };

/** Why something does not move, since when, who can move it, and how. */
export const WaitingFor = z
  .strictObject({
    reason: z.string(),
    since: Timestamp,
    owner: z.enum(["director", "manager", "agent", "auditor"]),
    next_step: z.string(),
    detail: z.string().nullable(),
  })
  .meta({ id: "WaitingFor" });
export type WaitingFor = z.infer<typeof WaitingFor>;
