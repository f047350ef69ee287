import type { Pool } from "@aura/shared/postgres/client";
import Fastify from "fastify";
import { expect, test } from "vitest";
import { guardRoutes } from "../../src/http/access.ts";
import { openSessions } from "../../src/http/sessions.ts";

test("a route without an access class does not boot", async () => {
  const app = Fastify();
  guardRoutes(app, {} as Pool, openSessions(false));
  app.get("/declared", { config: { access: "public" } }, async () => "ok");
  app.get("/bare", async () => "ok");
  await expect(app.ready()).rejects.toThrow("GET /bare");
});
