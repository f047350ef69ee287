import Fastify, { type FastifyInstance } from "fastify";

export interface AppDeps {
  readonly version: string;
  /** Milliseconds since the database last answered; above 30 s nothing is assigned here. */
  readonly sinceLastBeatMs: () => number;
  readonly running: () => number;
  readonly providers: () => readonly string[];
}

const BEAT_AGE_MS_MAX = 30_000;

/** Health for those who watch the process; it takes no orders. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = Fastify({ logger: false });
  app.get("/healthz", () => ({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const ready = deps.sinceLastBeatMs() <= BEAT_AGE_MS_MAX;
    const body = { status: ready ? "ready" : "not_ready", tasks_running: deps.running(), providers: deps.providers() };
    return reply.code(ready ? 200 : 503).send(body);
  });
  app.get("/version", () => ({ service: "agent-runtime", version: deps.version }));
  return app;
}
