import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { readRun } from "../db/read-run-statements.ts";
import { buildEvidencePack } from "../ledger/evidence-pack.ts";
import { buildDeliveryReport } from "../orchestration/delivery-report.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { buildCoverage } from "./coverage-ledger.ts";
import type { RecordRead } from "./read-records.ts";
import { untilSealed } from "./seals.ts";
import { zip } from "./software-archive.ts";

export function addEvidencePackRoutes(app: FastifyInstance, deps: AppDeps, recordRead: RecordRead): void {
  const { pool } = deps;
  addRoute(app, OPERATIONS.downloadEvidencePack, async ({ params: { run_id }, request, reply }) => {
    const run = await readRun(pool, run_id);
    if (run === null) throw new AuraError("not_found", "there is no run with this id");
    if (run.finished_at === null)
      throw new AuraError("illegal_transition", "the run has not ended, so its evidence is not whole");
    await untilSealed(deps, run_id, reply);
    const [report, coverage] = [await buildDeliveryReport(pool, run_id), await buildCoverage(pool, run_id)];
    if (report?.checkpoint == null || coverage === null)
      throw new AuraError("log_unsealed", "no signed checkpoint covers the end of the run");
    const files = await buildEvidencePack(pool, { report, coverage, checkpoint: report.checkpoint });
    const bytes = zip(files, new Date(run.finished_at));
    await recordRead(request, "evidence_pack", run_id);
    const name = `aura-evidence-${run_id}.zip`;
    return reply.type("application/zip").header("content-disposition", `attachment; filename="${name}"`).send(bytes);
  });
}
