import { randomUUID } from "node:crypto";
import { Logger, run } from "graphile-worker";
import pg from "pg";
import { PgBoss } from "pg-boss";

/** A queue with an idle worker: adds one job and waits until its handler starts. */
export interface DispatchPeer {
  /** @returns milliseconds from the committed add to the start of the handler */
  once(): Promise<number>;
  stop(): Promise<void>;
}

/** Handlers tell that they began by the id in their payload. */
class Starts {
  readonly #waiting = new Map<string, (at: number) => void>();

  begin(id: string): void {
    this.#waiting.get(id)?.(performance.now());
  }

  /** A job may start before the call that added it has returned: then it waited for nothing. */
  async measure(add: (id: string) => Promise<unknown>): Promise<number> {
    const id = randomUUID();
    const started = new Promise<number>((resolve) => this.#waiting.set(id, resolve));
    await add(id);
    const added = performance.now();
    const at = await started;
    this.#waiting.delete(id);
    return Math.max(0, at - added);
  }
}

export async function graphileDispatch(url: string): Promise<DispatchPeer> {
  const pgPool = new pg.Pool({ connectionString: url, max: 12 });
  pgPool.on("error", () => undefined); // the database is dropped right after the last job
  pgPool.on("connect", (client) => client.on("error", () => undefined));
  const starts = new Starts();
  const taskList = { noop: async (payload: unknown) => starts.begin((payload as { id: string }).id) };
  const logger = new Logger(() => () => undefined);
  const runner = await run({ pgPool, logger, taskList, noHandleSignals: true, concurrency: 4 });
  return {
    once: () => starts.measure((id) => runner.addJob("noop", { id })),
    stop: async () => {
      await runner.stop();
      await pgPool.end();
    },
  };
}

export async function pgBossDispatch(url: string): Promise<DispatchPeer> {
  const boss = new PgBoss({ connectionString: url, useListenNotify: true, openTelemetry: { enabled: false } });
  boss.on("error", () => undefined); // a lost job shows: its start is waited for for ever
  await boss.start();
  await boss.createQueue("noop", { partition: true, notify: true });
  const starts = new Starts();
  await boss.work<{ id: string }>("noop", { localConcurrency: 2 }, async (jobs) => {
    for (const { data } of jobs) starts.begin(data.id);
  });
  return {
    once: () => starts.measure((id) => boss.send("noop", { id })),
    stop: () => boss.stop({ graceful: true, timeout: 5000 }),
  };
}
