import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog, type Log } from "@aura/shared/log";
import { createPool, type Pool } from "@aura/shared/postgres/client";
import { listenForTasks } from "@aura/shared/postgres/task-notifications";
import { isStaleTerm } from "@aura/shared/postgres/verbs";
import { AuraError } from "@aura/shared/problems";
import manifest from "../package.json" with { type: "json" };
import { buildApp } from "./app.ts";
import { type Config, loadConfig } from "./config.ts";
import { ManagerVerbs } from "./db/orchestration-verbs.ts";
import type { AppFacts } from "./http/app-deps.ts";
import { standForElection } from "./orchestration/leadership.ts";
import { runLoop, Waker } from "./orchestration/loop.ts";
import { RepeatedFailures } from "./orchestration/repeated-failures.ts";
import { STEPS } from "./orchestration/steps/all.ts";
import { priceRows } from "./policy-enforcer/model-prices.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
/** Without a database, and as a standby, the Manager listens all the same and says what is missing. */
const FIRST_PRICES_MS = 3_000;
const AGAIN_MS = 2_000;
const STOP_MS = 4_000;
/** After which a query that has no answer is given up: on a network that swallows everything there would never be one. */
const ANSWER_MS = 30_000;
/** Far longer than any of ours is held. */
const LOCK_MS = 5_000;
const VOTE_ANSWER_MS = 1_500;

function factsOf(config: Config, managerId: string): AppFacts {
  return {
    manager_id: managerId,
    version: manifest.version,
    project_name: config.PROJECT_NAME,
    environment: config.ENV,
    strict_policy: config.ENABLE_STRICT_POLICY === "true",
    provider: config.AURA_MODEL_PROVIDER,
    model: config.AURA_MODEL ?? null,
    budget_usd: config.AURA_BUDGET_USD,
    budget_tokens: config.AURA_BUDGET_TOKENS,
    recordings: resolve(REPOSITORY, config.AURA_RECORDINGS),
    panels: resolve(REPOSITORY, "ui/director_dashboard"),
    report_card: resolve(REPOSITORY, "docs/operations/AUDITOR_REPORT_CARD.json"),
    page: resolve(REPOSITORY, "ui/web/dist"),
    rate_limits: {
      calls: config.MANAGER_CALLS_PER_MINUTE,
      heavy_calls: config.MANAGER_HEAVY_CALLS_PER_MINUTE,
      anonymous_calls: config.MANAGER_ANONYMOUS_CALLS_PER_MINUTE,
      key_attempts: config.MANAGER_KEY_ATTEMPTS_PER_MINUTE,
    },
    trusted_proxies: config.MANAGER_TRUSTED_PROXIES ?? [],
  };
}

/** Asks until the database takes them, or the term is over. */
async function setPrices(config: Config, pool: Pool, verbs: ManagerVerbs, log: Log, signal: AbortSignal) {
  const prices = priceRows(config.AURA_MODEL_PRICES ?? {});
  while (prices.length > 0 && !signal.aborted) {
    try {
      const written = await verbs.setModelPrices(pool, prices);
      log.info({ written }, "model prices of the configuration are in force");
      return;
    } catch (error) {
      if (isStaleTerm(error)) return;
      log.warn({ err: error }, "model prices not set yet");
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function start(config: Config, log: Log): Promise<void> {
  const managerId = `manager-${hostname()}-${randomBytes(3).toString("hex")}`; // two on one host are two
  const url = config.AURA_MANAGER_DATABASE_URL;
  const pool = createPool(url, "manager", 12, { answerMs: ANSWER_MS, lockMs: LOCK_MS });
  const observer = createPool(config.AURA_OBSERVER_DATABASE_URL, "dashboard", 3);
  const app = await buildApp({ pool, observer, log, facts: factsOf(config, managerId) });
  const stopping = new AbortController();
  const { signal } = stopping;
  const waker = new Waker();
  const settled = Promise.withResolvers<void>();
  const leading = standForElection(
    {
      pool: createPool(url, "manager-lease", 2, { answerMs: VOTE_ANSWER_MS }),
      holder: managerId,
      leaseSeconds: config.AURA_MANAGER_LEASE_S,
      log,
      waker,
      onStandby: settled.resolve,
    },
    async (term, ended) => {
      const verbs = new ManagerVerbs(managerId, term);
      await setPrices(config, pool, verbs, log, ended);
      settled.resolve();
      await runLoop({ pool, verbs, log, failures: new RepeatedFailures() }, STEPS, waker, ended);
    },
    signal,
  );
  await Promise.race([settled.promise, sleep(FIRST_PRICES_MS)]); // a run that is started at once must find its prices
  await app.listen({ host: config.MANAGER_HOST, port: config.MANAGER_PORT });
  void listenForTasks(pool, () => waker.wake(), log, signal);
  log.info({ addresses: app.addresses() }, "manager ready");

  /** Ends the tick under way and the open requests, and steps down; what is cut off is due again at the next start. */
  async function stop(): Promise<void> {
    log.info("stopping");
    stopping.abort();
    await Promise.race([Promise.all([leading, app.close()]), sleep(STOP_MS)]);
    process.exit(0);
  }

  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      if (signal.aborted) process.exit(1);
      void stop();
    });
  }
}

try {
  const config = loadConfig(process.env);
  await start(config, createLog("manager", config.LOG_LEVEL));
} catch (error) {
  console.error(error instanceof AuraError ? error.message : error);
  process.exit(1);
}
