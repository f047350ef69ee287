import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { readRun, readRuns } from "../db/read-run-statements.ts";
import { openRecordings } from "../intake/recordings.ts";
import { startRun } from "../intake/start-run.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { carrierOf } from "./carrier.ts";
import { runReply } from "./run-replies.ts";
import { sealOf } from "./seals.ts";

export function addRunRoutes(app: FastifyInstance, { pool, facts }: AppDeps): void {
  const intake = { pool, facts, recordings: openRecordings(facts.recordings) };

  addRoute(app, OPERATIONS.startRun, async ({ body, request, reply }) => {
    const id = await startRun(intake, carrierOf(request, facts), body);
    reply.header("location", `/v1/runs/${id}`);
    return { ...(await runById(id)), ...(await sealOf(pool, "run", id)) };
  });

  addRoute(app, OPERATIONS.listRuns, async ({ query }) => {
    const page = await readRuns(pool, query, pageRequest(query, [CURSOR_TIME, CURSOR_ID]));
    return { ...page, data: page.data.map(runReply) };
  });

  addRoute(app, OPERATIONS.getRun, async ({ params }) => runById(params.run_id));

  async function runById(id: string) {
    const row = await readRun(pool, id);
    if (row === null) throw new AuraError("not_found", "there is no run with this id");
    return runReply(row);
  }
}
