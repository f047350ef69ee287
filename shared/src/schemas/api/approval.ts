import { z } from "zod";
import { APPROVAL_KINDS, APPROVAL_STATUSES } from "../../enums/run.ts";
import { Id, PageQuery, Sha256, Timestamp } from "./conventions.ts";

const facts = {
  id: Id,
  run_id: Id,
  kind: z.enum(APPROVAL_KINDS),
  status: z.enum(APPROVAL_STATUSES),
  digest: Sha256.meta({ description: "what a decision must repeat: it binds exactly what was shown" }),
  subject_id: Id.nullable(),
  question: z.string().nullable(),
  answer: z.string().nullable(),
  decided_by: Id.nullable().meta({ description: "director action; null with a decision: by policy" }),
  decided_at: Timestamp.nullable(),
  used_at: Timestamp.nullable(),
  expires_at: Timestamp,
  created_at: Timestamp,
};

export const Approval = z.strictObject(facts).meta({ id: "Approval" });
export type Approval = z.infer<typeof Approval>;

export const ApprovalDetail = z
  .strictObject({ ...facts, content: z.unknown().meta({ description: "the document that is decided on" }) })
  .meta({ id: "ApprovalDetail" });
export type ApprovalDetail = z.infer<typeof ApprovalDetail>;

export const ApprovalListQuery = PageQuery.extend({
  status: z.enum(APPROVAL_STATUSES).optional(),
  kind: z.enum(APPROVAL_KINDS).optional(),
  run_id: Id.optional(),
});
