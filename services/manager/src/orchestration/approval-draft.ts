import type { ApprovalKind } from "@aura/shared/enums/run";
import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { derivedId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import type { Tx } from "@aura/shared/postgres/client";
import { readExpiry } from "../db/orchestration-approvals.ts";
import type { NewApproval } from "../db/orchestration-verbs.ts";

export interface ApprovalSubject {
  readonly run_id: string;
  readonly kind: ApprovalKind;
  /** Plan, verification request, revision or task. */
  readonly subject_id: string;
  /** Tells this approval from others about the same subject, the same after a crash. */
  readonly occasion: string;
  readonly question: string | null;
  /** What the Director is shown. */
  readonly content: unknown;
  /** A plan's own; else it is taken over content and subject. The database computes both again. */
  readonly digest: string | null;
}

/** An approval ready to be opened, with its content stored. What it binds is its digest and nothing else. */
export async function draftApproval(tx: Tx, subject: ApprovalSubject, hours: number): Promise<NewApproval> {
  const { run_id, kind, subject_id, question } = subject;
  const content_sha256 = await putJson(tx, subject.content);
  return {
    id: derivedId("approval", run_id, kind, subject_id, subject.occasion),
    run_id,
    kind,
    subject_id,
    question,
    content_sha256,
    digest: subject.digest ?? sha256Hex(canonicalJson({ kind, subject_id, content_sha256 })),
    expires_at: await readExpiry(tx, hours),
  };
}
