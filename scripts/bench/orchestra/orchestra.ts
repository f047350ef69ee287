import { randomBytes } from "node:crypto";
import { createLog, type Log } from "@aura/shared/log";
import { newId } from "@aura/shared/models/ids";
import { listenForTasks } from "@aura/shared/postgres/task-notifications";
import { callVerb } from "@aura/shared/postgres/verbs";
import { Semaphore } from "@aura/shared/semaphore";
import { allDone, createTestRun, directorAction, MANAGER, type TestRun } from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { registerRuntime } from "../../../services/agent-runtime/src/db/runtime-statements.ts";
import { Leases } from "../../../services/agent-runtime/src/execution/lease.ts";
import { AcceptLoop } from "../../../services/agent-runtime/src/loops/accept-loop.ts";
import { LEASE_MARGIN_S, LEASE_S, startHeartbeat } from "../../../services/agent-runtime/src/loops/heartbeat-loop.ts";
import { TaskBell } from "../../../services/agent-runtime/src/loops/task-bell.ts";
import { CircuitBreaker } from "../../../services/agent-runtime/src/providers/circuit-breaker.ts";
import type { Provider } from "../../../services/agent-runtime/src/providers/port.ts";
import { ManagerVerbs } from "../../../services/manager/src/db/orchestration-verbs.ts";
import { runLoop, Waker } from "../../../services/manager/src/orchestration/loop.ts";
import { RepeatedFailures } from "../../../services/manager/src/orchestration/repeated-failures.ts";
import { STEPS } from "../../../services/manager/src/orchestration/steps/all.ts";

const PROVIDER = "simulated";
const AGENTS = 4;
const AGENT_HOLDS = 16;

export interface OrchestraOptions {
  /** How many tasks the runtime works on at once. */
  readonly slots: number;
  /** What the model's reply to a task takes: resolves when it is there. */
  readonly work: (taskKey: string, signal: AbortSignal) => Promise<void>;
  /** Called the moment the runtime begins with an accepted task. */
  readonly onStart: (taskId: string) => void;
}

/** The Manager's loop with all its steps and a runtime's accept loop, as their processes start them. */
export interface Orchestra {
  readonly run: TestRun;
  stop(): Promise<void>;
}

export async function startOrchestra(db: TestDatabase, options: OrchestraOptions): Promise<Orchestra> {
  const log = createLog("bench", "error");
  const run = await prepareRun(db);
  const stopAgents = await startRuntime(db, options, log);
  const ended = new AbortController();
  const waker = new Waker();
  void listenForTasks(db.pools.manager, () => waker.wake(), log, ended.signal);
  const deps = {
    pool: db.pools.manager,
    verbs: new ManagerVerbs(MANAGER.actor_id, MANAGER.term),
    log,
    failures: new RepeatedFailures(),
  };
  const looping = runLoop(deps, STEPS, waker, ended.signal);
  const stop = async () => {
    ended.abort();
    await looping;
    await stopAgents();
  };
  return { run, stop };
}

/** A run whose only tasks are those of the benchmark, and agents who may do them. */
async function prepareRun(db: TestDatabase): Promise<TestRun> {
  await callVerb(db.pools.manager, "set_model_prices", MANAGER, [
    { provider: PROVIDER, model: "*", input_usd: "0", output_usd: "0", source: "simulated" },
  ]);
  for (let at = 0; at < AGENTS; at += 1) {
    const agent = { slug: `bench-${at}`, capabilities: ["review"], max_concurrent: AGENT_HOLDS };
    await allDone(directorAction(db, "create_agent", newId(), agent).then((outcome) => [outcome]));
  }
  const run = await createTestRun(db, { provider: PROVIDER, model: PROVIDER, tokens_limit: 1_000_000_000 });
  await allDone(
    callVerb(db.pools.manager, "cancel_tasks", MANAGER, [run.first_task_id], ["not part of the benchmark"]),
  );
  return run;
}

async function startRuntime(db: TestDatabase, options: OrchestraOptions, log: Log): Promise<() => Promise<void>> {
  const pool = db.pools.agent;
  const token = randomBytes(32).toString("base64url");
  const runtime = { name: "bench", token, capacity: options.slots, providers: [PROVIDER] };
  const runtimeId = await registerRuntime(pool, runtime);
  const leases = new Leases(LEASE_S * 1000, LEASE_MARGIN_S * 1000);
  const heartbeat = startHeartbeat(pool, runtime, leases, log);
  const host = {
    provider: simulatedProvider(options.work),
    breaker: new CircuitBreaker(),
    slots: new Semaphore(options.slots),
  };
  const attempts = { providers: new Map([[PROVIDER, host]]), recorder: null, log };
  const accepting = new AcceptLoop({
    db: pool,
    runtimeId,
    token,
    capacity: options.slots,
    leases,
    bell: new TaskBell(pool, log),
    attempts,
    log: tellingStarts(log, options.onStart),
  });
  accepting.start();
  return async () => {
    const finished = accepting.stop();
    leases.abortAll("shutting_down");
    await finished;
    heartbeat.stop();
  };
}

/** The accept loop makes a log of its own for each task, first of all that it does with it. */
function tellingStarts(log: Log, onStart: (taskId: string) => void): Log {
  const telling = Object.create(log) as Log;
  telling.child = ((facts: { task_id?: string }) => {
    if (facts.task_id !== undefined) onStart(facts.task_id);
    return log.child(facts);
  }) as Log["child"];
  return telling;
}

/** A model that takes as long as it is told and then hands in an empty review. */
function simulatedProvider(work: OrchestraOptions["work"]): Provider {
  return {
    name: PROVIDER,
    replay: false,
    async complete({ origin, signal }) {
      await work(origin.task_key, signal);
      const review = { summary: "Nothing to add.", doubts: [], self_confidence: 0.9 };
      const call = { id: "1", name: "submit_review", arguments: JSON.stringify(review) };
      return {
        content: null,
        tool_calls: [call],
        usage: { input_tokens: 1, output_tokens: 1 },
        finish_reason: "tool_calls",
      };
    },
  };
}
