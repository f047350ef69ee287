import { AuraError } from "@aura/shared/problems";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { FastifyInstance } from "fastify";
import { createProject, requireDone } from "../db/director-verb-statements.ts";
import { CURSOR_ID, CURSOR_TIME, pageRequest } from "../db/read-rows.ts";
import { readProject, readProjects } from "../db/read-run-statements.ts";
import { addRoute } from "./add-route.ts";
import type { AppDeps } from "./app-deps.ts";
import { carrierOf } from "./carrier.ts";
import { sealOf } from "./seals.ts";

export function addProjectRoutes(app: FastifyInstance, { pool, facts }: AppDeps): void {
  addRoute(app, OPERATIONS.createProject, async ({ body, request }) => {
    const id = requireDone(await createProject(pool, carrierOf(request, facts), body.name));
    return { ...(await projectById(id)), ...(await sealOf(pool, "project", id)) };
  });

  addRoute(app, OPERATIONS.listProjects, async ({ query }) =>
    readProjects(pool, pageRequest(query, [CURSOR_TIME, CURSOR_ID])),
  );

  addRoute(app, OPERATIONS.getProject, async ({ params }) => projectById(params.project_id));

  async function projectById(id: string) {
    const project = await readProject(pool, id);
    if (project === null) throw new AuraError("not_found", "there is no project with this id");
    return project;
  }
}
