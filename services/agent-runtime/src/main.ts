import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createLog, type Log } from "@aura/shared/log";
import { createPool, type Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import manifest from "../package.json" with { type: "json" };
import { buildApp } from "./app.ts";
import { type Config, loadConfig } from "./config.ts";
import { type RuntimeFacts, registerRuntime } from "./db/runtime-statements.ts";
import { Leases } from "./execution/lease.ts";
import { AcceptLoop } from "./loops/accept-loop.ts";
import { LEASE_MARGIN_S, LEASE_S, startHeartbeat } from "./loops/heartbeat-loop.ts";
import { keepOffers } from "./loops/offer-loop.ts";
import { TaskBell } from "./loops/task-bell.ts";
import { openProviders } from "./providers/open-providers.ts";
import { createRecorder } from "./providers/recording.ts";

const REPOSITORY = resolve(import.meta.dirname, "../../..");
const REGISTER_AGAIN_MS = 2_000;
const FINISH_MS = 20_000;
const LET_GO_MS = 4_000;

/** Asks until the database is there; a runtime may start before it. */
async function register(pool: Pool, runtime: RuntimeFacts, log: Log): Promise<string> {
  for (;;) {
    try {
      return await registerRuntime(pool, runtime);
    } catch (error) {
      log.warn({ err: error }, "not registered yet");
      await sleep(REGISTER_AGAIN_MS);
    }
  }
}

async function start(config: Config, log: Log): Promise<void> {
  const providers = await openProviders(config, resolve(REPOSITORY, config.AURA_RECORDINGS));
  const pool = createPool(config.AURA_AGENT_DATABASE_URL, "agent-runtime", config.AGENT_RUNTIME_CAPACITY + 6);
  const token = randomBytes(32).toString("base64url");
  const name = `${hostname()}-${process.pid}`;
  const capacity = config.AGENT_RUNTIME_CAPACITY;
  const runtime = { name, token, capacity, providers: await providers.offered() };
  const runtimeId = await register(pool, runtime, log);

  const leases = new Leases(LEASE_S * 1000, LEASE_MARGIN_S * 1000);
  const heartbeat = startHeartbeat(pool, runtime, leases, log);
  const offers = keepOffers(pool, runtime, providers.offered, log);
  const bell = new TaskBell(pool, log);
  const recorder = config.AURA_RECORD_TO === undefined ? null : createRecorder(resolve(config.AURA_RECORD_TO));
  const attempts = { providers: providers.hosts, recorder, log };
  const accepting = new AcceptLoop({ db: pool, runtimeId, token, capacity, leases, bell, attempts, log });
  const app = buildApp({
    version: manifest.version,
    sinceLastBeatMs: heartbeat.sinceLastMs,
    running: () => accepting.running,
    providers: () => runtime.providers,
  });
  if (config.AGENT_RUNTIME_PORT !== "off")
    await app.listen({ host: config.AGENT_RUNTIME_HOST, port: config.AGENT_RUNTIME_PORT });
  accepting.start();
  log.info(
    { runtime_id: runtimeId, providers: runtime.providers, capacity, addresses: app.addresses() },
    "agent-runtime ready",
  );

  /** Accepts nothing more, lets work finish for 20 s, lets go of the rest: their leases run out. */
  async function stop(): Promise<void> {
    log.info({ tasks_running: accepting.running }, "stopping");
    const finished = accepting.stop();
    await Promise.race([finished, sleep(FINISH_MS)]);
    leases.abortAll("shutting_down");
    await Promise.race([finished, sleep(LET_GO_MS)]);
    heartbeat.stop();
    offers.stop();
    await app.close();
    process.exit(0);
  }

  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      void stop();
    });
}

try {
  const config = loadConfig(process.env);
  await start(config, createLog("agent-runtime", config.LOG_LEVEL));
} catch (error) {
  console.error(error instanceof AuraError ? error.message : error);
  process.exit(1);
}
