import type { Log } from "@aura/shared/log";
import { isUnavailable, type Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import { readNumberingLag, readSealingLag } from "./db/ledger-statements.ts";
import type { SealState } from "./ledger/sealing-loop.ts";

/** Above this age of the oldest event without a number, in seconds, the log counts as behind. */
const LAG_SECONDS_MAX = 10;

export interface AppDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly version: string;
  readonly holder: string;
  /** Facts of the sandbox, as last measured. */
  readonly environment: () => Promise<EnvironmentFacts>;
  readonly sealing: () => SealState;
}

interface Check {
  readonly ok: boolean;
  readonly detail: string;
}

/** The Auditor's health over HTTP; it takes no work this way. */
export function buildApp(deps: AppDeps): FastifyInstance {
  const app = Fastify({ loggerInstance: deps.log as FastifyBaseLogger });
  const quiet = { logLevel: "warn" } as const; // asked every few seconds
  app.get("/healthz", quiet, async () => ({ status: "ok" }));
  app.get("/version", quiet, async () => ({ service: "auditor", version: deps.version, holder: deps.holder }));
  app.get("/readyz", quiet, async (_request, reply) => {
    const checks = {
      database: await databaseCheck(deps.pool),
      isolation: await isolationCheck(deps.environment),
      numbering: await numberingCheck(deps.pool),
      sealing: await sealingCheck(deps),
    };
    const ready = Object.values(checks).every((check) => check.ok);
    return reply.code(ready ? 200 : 503).send({ status: ready ? "ready" : "not_ready", checks });
  });
  return app;
}

async function databaseCheck(pool: Pool): Promise<Check> {
  try {
    await pool.query("select 1");
    return { ok: true, detail: "answers" };
  } catch (error) {
    return { ok: false, detail: isUnavailable(error) ? "does not answer" : "refuses this login" };
  }
}

async function isolationCheck(environment: AppDeps["environment"]): Promise<Check> {
  try {
    return { ok: true, detail: (await environment()).sandbox_level };
  } catch (error) {
    return { ok: false, detail: error instanceof AuraError ? error.detail : "the sandbox does not answer" };
  }
}

async function numberingCheck(pool: Pool): Promise<Check> {
  try {
    const { events, seconds } = await readNumberingLag(pool);
    const detail = events === 0 ? "no event waits" : `${events} events wait, the oldest for ${seconds.toFixed(1)} s`;
    return { ok: seconds <= LAG_SECONDS_MAX, detail };
  } catch {
    return { ok: false, detail: "cannot be read" };
  }
}

async function sealingCheck({ pool, sealing }: AppDeps): Promise<Check> {
  const state = sealing();
  if (state?.kind === "refused")
    return { ok: false, detail: `${state.refusal.code}: ${state.refusal.message}. ${state.refusal.hint}` };
  try {
    const { size, seconds } = await readSealingLag(pool);
    const detail = `${size} events under a checkpoint, the oldest other one waits for ${seconds.toFixed(1)} s`;
    return { ok: seconds <= LAG_SECONDS_MAX, detail };
  } catch {
    return { ok: false, detail: "cannot be read" };
  }
}
