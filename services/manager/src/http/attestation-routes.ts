import { setTimeout as sleep } from "node:timers/promises";
import { NotKept, readBlobs } from "@aura/shared/postgres/blobs";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance, FastifyReply } from "fastify";
import { type AttestationRow, readAttestation } from "../db/read-attestation-statements.ts";
import { type RunRow, readRun } from "../db/read-run-statements.ts";
import { bundle } from "../ledger/attestation-bundle.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { PATIENCE_MS, untilSealed } from "./seals.ts";

const LOOK_MS = 200;

/** What is signed about delivered software, for those who have neither this system nor its log. */
export function addAttestationRoutes(app: FastifyInstance, deps: AppDeps): void {
  addRoute(app, OPERATIONS.getAttestation, async ({ params: { run_id }, query, reply }) => {
    const { provenance_sha256, test_result_sha256 } = await attestationOf(deps, run_id, reply);
    const named = { provenance: provenance_sha256, test_result: test_result_sha256 };
    if (query.statement !== undefined) {
      const [envelope] = await bytesOf([named[query.statement]]);
      return send(reply, "application/vnd.dsse.envelope.v1+json", `aura-${run_id}.${query.statement}.json`, envelope);
    }
    const envelopes = await bytesOf([provenance_sha256, test_result_sha256]);
    return send(reply, "application/vnd.in-toto.bundle", `aura-${run_id}.intoto.jsonl`, bundle(envelopes));
  });

  addRoute(app, OPERATIONS.getSbom, async ({ params: { run_id }, reply }) => {
    const { sbom_sha256 } = await attestationOf(deps, run_id, reply);
    const [bill] = await bytesOf([sbom_sha256]);
    return send(reply, "application/vnd.cyclonedx+json", `aura-${run_id}.cdx.json`, bill);
  });

  /** @throws {NotKept} where they were erased */
  async function bytesOf(sha256s: readonly string[]): Promise<Buffer[]> {
    const bodies = await readBlobs(deps.pool, sha256s);
    return sha256s.map((sha256) => {
      const body = bodies.get(sha256);
      if (body === undefined) throw new NotKept(`what was signed (${sha256})`);
      return body;
    });
  }
}

/**
 * Waits a little for the attestation of a delivery, and until a signed checkpoint covers its event.
 *
 * @throws {AuraError} `not_found`, `not_attested`, `never_attested`, `log_unsealed`
 */
async function attestationOf(deps: AppDeps, runId: string, reply: FastifyReply): Promise<AttestationRow> {
  const end = performance.now() + (deps.seal_patience_ms ?? PATIENCE_MS);
  for (;;) {
    const attestation = await readAttestation(deps.pool, runId);
    if (attestation !== null) {
      await untilSealed(deps, runId, reply);
      return attestation;
    }
    const run = await readRun(deps.pool, runId);
    if (run === null) throw new AuraError("not_found", "there is no run with this id");
    if (!isDelivery(run) || performance.now() > end || reply.raw.destroyed) throw notAttested(run);
    await sleep(LOOK_MS);
  }
}

function isDelivery({ status }: RunRow): boolean {
  return status === "completed";
}

function notAttested(run: RunRow): AuraError {
  const { status, stop_reason, finished_at, status_changed_at } = run;
  const [since, age] = ageOf(finished_at ?? status_changed_at);
  if (finished_at === null)
    return new AuraError("not_attested", `the run has delivered nothing: it is ${status} since ${since}, for ${age} s`);
  if (isDelivery(run))
    return new AuraError("not_attested", `the run ended ${age} s ago, at ${since}, and the Auditor has signed nothing`);
  return new AuraError("never_attested", `the run ended ${status} (${stop_reason}) ${age} s ago, at ${since}`);
}

function ageOf(at: string): [string, number] {
  return [at, Math.round((Date.now() - Date.parse(at)) / 1000)];
}

function send(reply: FastifyReply, media: string, filename: string, bytes: Buffer | undefined): FastifyReply {
  return reply.type(media).header("content-disposition", `attachment; filename="${filename}"`).send(bytes);
}
