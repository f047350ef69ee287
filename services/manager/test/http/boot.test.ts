import Fastify, { type FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { guardRoutes } from "../../src/http/access.ts";
import { openRateLimits } from "../../src/http/rate-limits.ts";
import { openSessions } from "../../src/http/sessions.ts";
import { FACTS } from "./api-under-test.ts";

function guarded(): FastifyInstance {
  const app = Fastify();
  const limits = openRateLimits(FACTS.rate_limits);
  const checkKey = async () => ({ key_id: "none", name: "none", role: "observer" as const });
  guardRoutes(app, { limits, checkKey, sessions: openSessions(false) });
  app.get("/declared", { config: { access: "public", rate: "standard" } }, async () => "ok");
  return app;
}

test("a route without an access class does not boot", async () => {
  const app = guarded();
  app.get("/bare", { config: { rate: "standard" } }, async () => "ok");
  await expect(app.ready()).rejects.toThrow("GET /bare");
});

test("a route without a rate class does not boot", async () => {
  const app = guarded();
  app.get("/uncounted", { config: { access: "public" } }, async () => "ok");
  await expect(app.ready()).rejects.toThrow("without a rate class: GET /uncounted");
});

test("what is declared boots", async () => {
  expect((await guarded().inject("/declared")).statusCode).toBe(200);
});
