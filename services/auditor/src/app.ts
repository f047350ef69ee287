import type { Log } from "@aura/shared/log";
import { isUnavailable, type Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import type { EnvironmentFacts } from "@aura/shared/schemas/verification-report";
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from "fastify";
import type { Unattested } from "./attestation/attesting-loop.ts";
import { readNumberingLag, readSealingLag, readUnwitnessedSeconds } from "./db/ledger-statements.ts";
import type { Anchor } from "./ledger/anchoring.ts";
import type { LogState } from "./ledger/log-check-loop.ts";
import type { PostureState } from "./ledger/posture-loop.ts";
import type { CheckState } from "./ledger/regular-check.ts";
import type { SealState } from "./ledger/sealing-loop.ts";

/** Above this age of the oldest event without a number, in seconds, the log counts as behind. */
const LAG_SECONDS_MAX = 10;
/** Above this age of the oldest checkpoint since the last cosigned one, in seconds, the log counts as unwitnessed. */
const UNWITNESSED_SECONDS_MAX = 60;

export interface AppDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly version: string;
  readonly holder: string;
  /** Facts of the sandbox, as last measured. */
  readonly environment: () => Promise<EnvironmentFacts>;
  readonly sealing: () => SealState;
  readonly anchors: () => readonly Anchor[];
  readonly unattested: () => readonly Unattested[];
  readonly posture: () => PostureState;
  readonly logCheck: () => LogState;
}

interface Check {
  readonly ok: boolean;
  /** Work goes on without it. */
  readonly degraded?: true;
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
      witness: await witnessCheck(deps),
      attestation: attestationCheck(deps.unattested()),
      posture: postureCheck(deps.posture()),
      log: logCheck(deps.logCheck()),
    };
    const failed = Object.values(checks).filter((check) => !check.ok);
    const isReady = failed.every((check) => check.degraded);
    const status = failed.length === 0 ? "ready" : isReady ? "degraded" : "not_ready";
    return reply.code(isReady ? 200 : 503).send({ status, checks });
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
    const { sandbox_level, runtime, isolator } = await environment();
    return { ok: true, detail: `${sandbox_level} (${isolator}, kernel ${runtime})` };
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

/** A second holder of the newest checkpoint: without one, work goes on and the log is only as good as its owner. */
async function witnessCheck({ pool, anchors }: AppDeps): Promise<Check> {
  const said = anchors();
  const contradicted = said.find(({ kind }) => kind === "contradicted");
  if (contradicted !== undefined) return { ok: false, detail: `${contradicted.witness}: ${contradicted.detail}` };
  const silent = said.filter(({ kind }) => kind !== "cosigned").map(({ witness, detail }) => `${witness}: ${detail}`);
  try {
    const seconds = await readUnwitnessedSeconds(pool);
    if (seconds <= UNWITNESSED_SECONDS_MAX) return { ok: true, detail: `at most ${seconds.toFixed(0)} s behind` };
    const why = silent.join("; ") || "no witness is there: is AURA_WITNESS_URL set, and does it run?";
    return { ok: false, degraded: true, detail: `no checkpoint was cosigned for ${seconds.toFixed(0)} s; ${why}` };
  } catch {
    return { ok: false, detail: "cannot be read" };
  }
}

/** Verifying goes on; what was delivered without an attestation is named. */
function attestationCheck(failed: readonly Unattested[]): Check {
  const [first] = failed;
  if (first === undefined) return { ok: true, detail: "no delivery waits in vain" };
  return { ok: false, degraded: true, detail: `${failed.length} deliveries; run ${first.run_id}: ${first.why}` };
}

function postureCheck(state: PostureState): Check {
  return checkOf(state, "as released", ({ subject, what }) => `${subject} ${what}`);
}

function logCheck(state: LogState): Check {
  return checkOf(state, "as written and signed", ({ seq, what }) => `event ${seq ?? "without a place"}: ${what}`);
}

/** Before the first check has ended nothing is known to be wrong, and nobody has to wait for it. */
function checkOf<Finding>(state: CheckState<Finding>, good: string, say: (finding: Finding) => string): Check {
  const [first] = state?.findings ?? [];
  if (first !== undefined) return { ok: false, detail: say(first) };
  if (state === null) return { ok: true, detail: "being checked" };
  const { failed, at } = state;
  return failed === null
    ? { ok: true, detail: `${good}, checked at ${at}` }
    : { ok: false, detail: `cannot be checked: ${failed}` };
}
