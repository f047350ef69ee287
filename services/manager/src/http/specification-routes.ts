import { readJson } from "@aura/shared/postgres/blobs";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import { SuiteProduct } from "@aura/shared/schemas/suite-product";
import type { FastifyInstance } from "fastify";
import { readDisputes, readPlan, readSuites, runExists } from "../db/read-specification-statements.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { buildCoverage } from "./coverage-ledger.ts";

/** What was understood, what was planned, how it is judged. */
export function addSpecificationRoutes(app: FastifyInstance, { pool }: AppDeps): void {
  addRoute(app, OPERATIONS.getCoverage, async ({ params }) => {
    const coverage = await buildCoverage(pool, params.run_id);
    if (coverage === null) throw new AuraError("not_found", "there is no run with this id");
    return coverage;
  });

  addRoute(app, OPERATIONS.getPlan, async ({ params }) => {
    const row = await readPlan(pool, params.run_id);
    if (row === null) return missing(params.run_id, "the run has no accepted plan yet");
    const content = await readJson(pool, row.content_sha256, PlanProduct);
    const dag = content.tasks.flatMap((task) => task.depends_on.map((from) => ({ from, to: task.key })));
    return { ...row, ...content, resolution: await readResolution(pool, row.id), dag };
  });

  addRoute(app, OPERATIONS.getSuite, async ({ params, query }) => {
    const versions = await readSuites(pool, params.run_id);
    const wanted = versions.find((suite) =>
      query.version === undefined ? suite.current : suite.version === query.version,
    );
    if (wanted === undefined) return missing(params.run_id, "the run has no such acceptance suite yet");
    const { prelude, tests } = await readJson(pool, wanted.content_sha256, SuiteProduct);
    const disputes = await readDisputes(pool, params.run_id);
    return { ...wanted, prelude, tests, disputes, versions: versions.map(versionOf) };
  });

  async function missing(run_id: string, what: string): Promise<never> {
    const exists = await runExists(pool, run_id);
    throw new AuraError("not_found", exists ? what : "there is no run with this id");
  }
}

function versionOf(suite: Awaited<ReturnType<typeof readSuites>>[number]) {
  const { version, content_sha256, author_agent_id, replaces_test_ids, created_at } = suite;
  return { version, content_sha256, author_agent_id, replaces_test_ids, created_at };
}
