import { parseVerifier, publicKeyPem } from "@aura/shared/ledger/notes";
import type { Tree } from "@aura/shared/models/tree";
import { readBlobs, readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import type { Coverage } from "@aura/shared/schemas/api/coverage";
import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { readAuditKeys } from "../db/ledger-statements.ts";
import { readAttestationKeys } from "../db/read-attestation-statements.ts";
import { readApprovals, readBudget, readRunActions } from "../db/read-governance-statements.ts";
import { readPlan } from "../db/read-specification-statements.ts";
import { readAttempts, readRunVerifications, readTasks } from "../db/read-task-statements.ts";
import { renderReportMarkdown } from "../orchestration/report-markdown.ts";
import { bundle } from "./attestation-bundle.ts";
import { packReadme } from "./pack-readme.ts";
import { runLines } from "./run-lines.ts";
import { verifierFiles } from "./verifier-files.ts";

const ALL = { limit: 100_000, after: null };

export interface PackedRun {
  readonly report: DeliveryReport;
  readonly coverage: Coverage;
  /** Signed note that covers all of the run. */
  readonly checkpoint: string;
}

/**
 * Everything about one ended run, to be looked at by somebody who has neither this system nor trust in it: documents, evidence,
 * the events with their proofs, and the program that checks them.
 */
export async function buildEvidencePack(db: Queryable, { report, coverage, checkpoint }: PackedRun): Promise<Tree> {
  const { run_id } = report;
  const files = new Map<string, Buffer>();
  const put = (path: string, text: string) => files.set(path, Buffer.from(text, "utf8"));
  const putJson = (path: string, value: unknown) => put(path, `${JSON.stringify(value, null, 2)}\n`);

  putJson("report.json", report);
  put("report.md", renderReportMarkdown(report));
  putJson("requirements.json", coverage);
  putJson("plan.json", await planOf(db, run_id));
  putJson("approvals.json", await approvalsOf(db, run_id));
  putJson("overrides.json", await readRunActions(db, run_id));
  putJson("spend.json", await readBudget(db, run_id));
  putJson("tasks.json", await tasksOf(db, run_id));
  for (const [path, body] of await documentsOf(db, report)) files.set(path, body);
  for (const [path, body] of await evidenceOf(db, run_id)) files.set(path, body);

  put("events.jsonl", await runLines(db, run_id, checkpoint));
  const [, size = ""] = checkpoint.split("\n");
  put(`checkpoints/${size}.note`, checkpoint);
  const keys = await readAuditKeys(db);
  putJson("keys/keys.json", keys);
  for (const { verifier_key } of keys) put(`keys/${parseVerifier(verifier_key).keyId}.vkey`, `${verifier_key}\n`);
  for (const [path, body] of await attestationOf(db, report)) files.set(path, body);
  for (const [path, body] of verifierFiles()) files.set(path, body);
  put("README.md", packReadme(report, checkpoint));
  return files;
}

async function planOf(db: Queryable, runId: string) {
  const row = await readPlan(db, runId);
  if (row === null) return null;
  const content = await readJson(db, row.content_sha256, PlanProduct);
  return { ...row, ...content, resolution: await readResolution(db, row.id) };
}

/** Each with what was decided on, where that is still kept. */
async function approvalsOf(db: Queryable, runId: string) {
  const { data } = await readApprovals(db, { run_id: runId }, ALL);
  const bodies = await readBlobs(
    db,
    data.map(({ content_sha256 }) => content_sha256),
  );
  return data.reverse().map((approval) => {
    const body = bodies.get(approval.content_sha256);
    return { ...approval, content: body === undefined ? null : (JSON.parse(body.toString("utf8")) as unknown) };
  });
}

async function tasksOf(db: Queryable, runId: string) {
  const { data } = await readTasks(db, runId, {}, ALL);
  const tasks = [];
  for (const { waiting_code, waiting_detail, run_final, paused_at, stopped_at, ...task } of data)
    tasks.push({ ...task, attempts: await readAttempts(db, task.id) });
  return tasks;
}

/** The PRD and its attachments, where they are still kept. */
async function documentsOf(db: Queryable, { prd }: DeliveryReport): Promise<[string, Buffer][]> {
  const named = [
    ["prd.md", prd.sha256] as const,
    ...prd.attachments.map(({ path, sha256 }) => [`attachments/${path}`, sha256] as const),
  ];
  const bodies = await readBlobs(
    db,
    named.map(([, sha256]) => sha256),
  );
  return named.flatMap(([path, sha256]) => {
    const body = bodies.get(sha256);
    return body === undefined ? [] : [[path, body] as [string, Buffer]];
  });
}

/**
 * What is signed about the delivery, where it is still kept: as the report names it, so that the checkpoint covers its event.
 */
async function attestationOf(db: Queryable, { attestation }: DeliveryReport): Promise<[string, Buffer][]> {
  if (attestation === null) return [];
  const { provenance_sha256, test_result_sha256, sbom_sha256 } = attestation;
  const bodies = await readBlobs(db, [provenance_sha256, test_result_sha256, sbom_sha256]);
  const envelopes = [provenance_sha256, test_result_sha256].flatMap((sha256) => bodies.get(sha256) ?? []);
  const bill = bodies.get(sbom_sha256);
  const files: [string, Buffer][] = [];
  if (envelopes.length === 2) files.push(["attestation/attestation.intoto.jsonl", bundle(envelopes)]);
  if (bill !== undefined) files.push(["attestation/sbom.cdx.json", bill]);
  for (const { verifier_key } of await readAttestationKeys(db)) {
    const key = parseVerifier(verifier_key);
    files.push([`keys/attestation-${key.keyId}.pem`, Buffer.from(publicKeyPem(key))]);
  }
  return files;
}

/** What the Auditor judged by: the rows, and each output and report under its own SHA-256. */
async function evidenceOf(db: Queryable, runId: string): Promise<[string, Buffer][]> {
  const verifications = await readRunVerifications(db, runId);
  const hashes = verifications.flatMap(({ report_sha256, evidence }) => [
    report_sha256,
    ...evidence.map(({ output_sha256 }) => output_sha256),
  ]);
  const bodies = await readBlobs(db, hashes);
  const index = Buffer.from(`${JSON.stringify(verifications, null, 2)}\n`, "utf8");
  return [
    ["evidence/verifications.json", index],
    ...[...bodies].map(([sha256, body]) => [`evidence/${sha256}`, body] as [string, Buffer]),
  ];
}
