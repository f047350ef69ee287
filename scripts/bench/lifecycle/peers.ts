import { EventEmitter } from "node:events";
import { Logger, makeWorkerUtils, type RunnerOptions, run, type WorkerUtils } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";

/** A peer on a database of its own: adds so many no-op jobs while its workers are up. */
export interface Peer {
  /** @returns seconds from the first add to the last job done */
  drive(count: number): Promise<number>;
  stop(): Promise<void>;
}

const SILENT = new Logger(() => () => undefined);
const ADD = 1000;

/** Resolves once `count` jobs are done; the counter outlives a drive, so that a late job of the last one would show. */
class Countdown {
  readonly #events = new EventEmitter();
  #left = 0;

  start(count: number): Promise<unknown> {
    this.#left = count;
    return new Promise((resolve) => this.#events.once("done", resolve));
  }

  done(jobs: number): void {
    this.#left -= jobs;
    if (this.#left < 0) throw new Error("more jobs ran than were added");
    if (this.#left === 0) this.#events.emit("done");
  }
}

async function timed(adding: () => Promise<void>, ended: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await adding();
  await ended;
  return (performance.now() - begun) / 1000;
}

interface Graphile {
  readonly utils: WorkerUtils;
  readonly countdown: Countdown;
  readonly stop: () => Promise<void>;
}

/** A job counts as done when the worker tells that it has completed it. */
async function openGraphile(url: string, options: Partial<RunnerOptions>, poolSize: number): Promise<Graphile> {
  const pgPool = new pg.Pool({ connectionString: url, max: poolSize });
  pgPool.on("error", () => undefined); // the database is dropped right after the last job
  pgPool.on("connect", (client) => client.on("error", () => undefined));
  const utils = await makeWorkerUtils({ pgPool, logger: SILENT });
  await utils.migrate();
  const countdown = new Countdown();
  const taskList = { noop: async () => undefined };
  const runner = await run({ ...options, pgPool, logger: SILENT, taskList, noHandleSignals: true });
  runner.events.on("job:complete", () => countdown.done(1));
  const stop = async () => {
    await runner.stop();
    await utils.release();
    await pgPool.end();
  };
  return { utils, countdown, stop };
}

/** graphile-worker as fast as its options make it: batches of 1,000 in, a local queue of 500, completions in batches. */
export async function graphileTuned(url: string): Promise<Peer> {
  const worker = { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 };
  const { utils, countdown, stop } = await openGraphile(url, { preset: { worker } }, 24);
  const add = async (count: number) => {
    for (let from = 0; from < count; from += ADD) {
      const size = Math.min(ADD, count - from);
      await utils.addJobs(
        Array.from({ length: size }, (_, at) => ({ identifier: "noop", payload: { id: from + at } })),
      );
    }
  };
  return { drive: (count) => timed(() => add(count), countdown.start(count)), stop };
}

/** graphile-worker as its documentation starts it: no options, one `addJob` a job. */
export async function graphileAsShipped(url: string): Promise<Peer> {
  const { utils, countdown, stop } = await openGraphile(url, {}, 10);
  const add = async (count: number) => {
    for (let at = 0; at < count; at += 1) await utils.addJob("noop", { id: at });
  };
  return { drive: (count) => timed(() => add(count), countdown.start(count)), stop };
}

/** pg-boss: `work()` with batches of 500, two workers, woken by NOTIFY, the queue in a table of its own. */
export async function pgBossTuned(url: string): Promise<Peer> {
  const boss = new PgBoss({ connectionString: url, max: 12, useListenNotify: true, openTelemetry: { enabled: false } });
  boss.on("error", () => undefined); // a lost job shows: the countdown would never end
  await boss.start();
  await boss.createQueue("noop", { partition: true, notify: true });
  const countdown = new Countdown();
  const options = { batchSize: 500, localConcurrency: 2, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5 };
  await boss.work("noop", options, async (jobs) => {
    // done as soon as the handler returns; the commit of this last batch is the peer's gain
    setImmediate(() => countdown.done(jobs.length));
  });
  const add = async (count: number) => {
    for (let from = 0; from < count; from += ADD) {
      const size = Math.min(ADD, count - from);
      await boss.insert(
        "noop",
        Array.from({ length: size }, (_, at) => ({ data: { id: from + at } })),
      );
    }
  };
  return {
    drive: (count) => timed(() => add(count), countdown.start(count)),
    stop: () => boss.stop({ graceful: true, timeout: 5000 }),
  };
}
