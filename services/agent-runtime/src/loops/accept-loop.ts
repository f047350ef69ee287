import type { Log } from "@aura/shared/log";
import type { Queryable } from "@aura/shared/postgres/client";
import { type AcceptedRow, acceptTasks } from "../db/runtime-statements.ts";
import { databaseDesk } from "../execution/database-desk.ts";
import type { Leases } from "../execution/lease.ts";
import { type AttemptDeps, type NamedModel, runAttempt } from "../execution/run-attempt.ts";
import { LEASE_S } from "./heartbeat-loop.ts";
import type { TaskBell } from "./task-bell.ts";

const POLL_MS = 500;
const POLL_MS_FAILING = 10_000;

export interface AcceptDeps {
  readonly db: Queryable;
  readonly runtimeId: string;
  readonly token: string;
  readonly capacity: number;
  readonly leases: Leases;
  readonly bell: TaskBell;
  readonly attempts: Omit<AttemptDeps, "desk">;
  readonly log: Log;
}

/** Takes assigned tasks as long as there is room and works on each beside the others. */
export class AcceptLoop {
  readonly #deps: AcceptDeps;
  readonly #running = new Set<Promise<void>>();
  #stopped = false;
  #failures = 0;
  #loop: Promise<void> = Promise.resolve();

  constructor(deps: AcceptDeps) {
    this.#deps = deps;
  }

  get running(): number {
    return this.#running.size;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Accepts nothing more. Resolves when all work has ended, which the leases' signals can bring about. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#deps.bell.stop();
    await this.#loop; // what a request under way still brought is worked on like the rest
    await Promise.allSettled(this.#running);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await this.#acceptOnce();
      await this.#deps.bell.wait(this.#pauseMs());
    }
  }

  /** Half to one and a half of the interval, so that many runtimes do not ask at the same moment. */
  #pauseMs(): number {
    const interval = Math.min(POLL_MS_FAILING, POLL_MS * 2 ** this.#failures);
    return interval * (0.5 + Math.random());
  }

  async #acceptOnce(): Promise<void> {
    const { db, runtimeId, token, capacity, log } = this.#deps;
    const free = capacity - this.#running.size;
    if (free <= 0) return;
    const sentAt = performance.now();
    try {
      const rows = await acceptTasks(db, runtimeId, token, free, LEASE_S);
      this.#failures = 0;
      for (const row of rows) this.#begin(row, sentAt);
    } catch (error) {
      this.#failures = Math.min(this.#failures + 1, 6);
      log.warn({ err: error }, "tasks were not accepted");
    }
  }

  #begin(row: AcceptedRow, sentAt: number): void {
    const work = this.#work(row, sentAt).finally(() => {
      this.#running.delete(work);
      this.#deps.bell.ring();
    });
    this.#running.add(work);
  }

  async #work(row: AcceptedRow, sentAt: number): Promise<void> {
    const { db, token, leases, attempts } = this.#deps;
    const log = this.#deps.log.child({ run_id: row.run_id, task_id: row.task_id, claim_id: row.claim_id });
    const signal = leases.hold(row.task_id, row.claim_id, sentAt);
    const { agent_id, task_id, claim_id } = row;
    const desk = databaseDesk(db, { agent_id, token, task_id, claim_id }, signal);
    const task = { ...row, models: chain(row, attempts.providers) };
    try {
      await runAttempt(task, { ...attempts, desk, log }, signal);
    } catch (error) {
      log.error({ err: error }, "the attempt broke; its lease brings the task back");
    } finally {
      leases.letGo(row.claim_id);
    }
  }
}

/**
 * Where the calls of a task may go, in order: the providers and models that the run allows, separated by commas, paired by
 * position; the last model stands for the providers after it. Those that this process does not host are left out.
 */
function chain(row: AcceptedRow, hosted: ReadonlyMap<string, unknown>): NamedModel[] {
  const words = (list: string | null) => (list ?? "").split(",").map((word) => word.trim());
  const models = words(row.model);
  const all = words(row.provider).map((provider, at) => ({ provider, model: models[at] ?? models.at(-1) ?? "" }));
  const here = all.filter(({ provider }) => hosted.has(provider));
  return here.length > 0 ? here : all.slice(0, 1);
}
