import { derivedId } from "@aura/shared/models/ids";
import { putBlobs, putJson } from "@aura/shared/postgres/blobs";
import type { Tx } from "@aura/shared/postgres/client";
import type { VerbOutcome } from "@aura/shared/postgres/verbs";
import { invariant } from "@aura/shared/problems";
import type { EvidenceItem, VerificationReport } from "@aura/shared/schemas/verification-report";
import {
  recordVerification,
  type VerificationCase,
  type VerificationClaim,
  type VerificationRecord,
} from "../db/request-statements.ts";
import { readRequirements } from "../db/specification-statements.ts";
import { boundedReport } from "./bounded-report.ts";

/**
 * Records a judgement with its report, verdicts, tests and evidence, all in the caller's transaction: either all of it
 * is there or nothing.
 *
 * @returns refused when the claim went stale meanwhile
 */
export async function recordReport(
  tx: Tx,
  holder: string,
  claim: VerificationClaim,
  request: VerificationCase,
  judged: VerificationReport,
): Promise<VerbOutcome> {
  const report = boundedReport(judged);
  const record: VerificationRecord = {
    id: derivedId("verification", request.request_id),
    outcome: report.outcome,
    report_sha256: await putJson(tx, report),
    tree_sha256: request.tree_sha256,
    sandbox_level: report.environment?.sandbox_level ?? null,
    environment_sha256: report.environment === null ? null : await putJson(tx, report.environment),
    verdicts: await verdictRows(tx, request, report),
    tests: testRows(report),
    evidence: await evidenceRows(tx, request, report.evidence),
  };
  return recordVerification(tx, holder, claim, record);
}

async function verdictRows(tx: Tx, request: VerificationCase, { verdicts }: VerificationReport): Promise<object[]> {
  if (verdicts.length === 0) return [];
  const ids = new Map((await readRequirements(tx, request.run_id)).map(({ key, id }) => [key, id]));
  return verdicts.map((verdict) => {
    const id = ids.get(verdict.requirement_id);
    invariant(id !== undefined, `there is a requirement ${verdict.requirement_id}`);
    return { ...verdict, requirement_id: id };
  });
}

function testRows({ tests, guards }: VerificationReport): object[] {
  return tests.map(({ test_id, requirement_ids, outcome, reached_product, assertions, duration_ms }) => ({
    test_id,
    requirement_keys: requirement_ids,
    outcome,
    reached_product,
    assertions,
    guard: guards.includes(test_id),
    duration_ms,
  }));
}

async function evidenceRows(tx: Tx, request: VerificationCase, items: readonly EvidenceItem[]): Promise<object[]> {
  const outputs = await putBlobs(
    tx,
    items.map(({ output }) => ({ body: Buffer.from(output, "utf8"), media_type: "text/plain" })),
  );
  return items.map(({ kind, command, exit_code, reason, tree_sha256, duration_ms }, index) => ({
    id: derivedId("evidence", request.request_id, String(index)),
    kind,
    command,
    exit_code,
    reason,
    output_sha256: outputs[index],
    tree_sha256,
    duration_ms,
  }));
}
