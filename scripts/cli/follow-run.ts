import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, ApiUnreachable } from "@aura/shared/api-client";
import { FINAL_RUN_STATUSES } from "@aura/shared/enums/run";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Run } from "@aura/shared/schemas/api/run";
import type { Task } from "@aura/shared/schemas/api/task";

/** Looked at again after this long even when no event came: an event stream may break unseen. */
const LOOK_AGAIN_MS = 5000;
/** Events come in bursts; one look serves them all. */
const SETTLE_MS = 150;

export interface Snapshot {
  readonly run: Run;
  readonly tasks: readonly Task[];
}

export const isOver = ({ run }: Snapshot): boolean => FINAL_RUN_STATUSES.includes(run.status);

/**
 * Follows a run by its events: `onChange` is told the whole state whenever something happened, the first time at once.
 *
 * @returns the state for which `until` was true
 */
export async function followRun(
  client: ApiClient,
  run_id: string,
  onChange: (snapshot: Snapshot) => Promise<void> | void,
  until: (snapshot: Snapshot) => boolean,
): Promise<Snapshot> {
  const end = new AbortController();
  const bell = openBell();
  const listening = listen(client, run_id, bell.ring, end.signal);
  try {
    for (;;) {
      const rung = bell.next(LOOK_AGAIN_MS);
      const snapshot = await look(client, run_id);
      await onChange(snapshot);
      if (until(snapshot)) return snapshot;
      await rung;
      await sleep(SETTLE_MS);
    }
  } finally {
    bell.ring(); // its timer would keep the process
    end.abort();
    await listening;
  }
}

async function look(client: ApiClient, run_id: string): Promise<Snapshot> {
  const run = await client.call(OPERATIONS.getRun, { params: { run_id } });
  const { data } = await client.call(OPERATIONS.listTasks, { params: { run_id }, query: { limit: 1000 } });
  return { run, tasks: data };
}

/** Rings for every piece of the event stream; after a break it begins again where it was. */
async function listen(client: ApiClient, run_id: string, ring: () => void, signal: AbortSignal): Promise<void> {
  let last: string | null = null;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = last === null ? {} : { "last-event-id": last };
      const response = await client.fetch(OPERATIONS.streamEvents, { query: { run_id }, headers, signal });
      for await (const piece of response.body ?? []) {
        const ids = [
          ...Buffer.from(piece)
            .toString("utf8")
            .matchAll(/^id: (\d+)$/gm),
        ];
        last = ids.at(-1)?.[1] ?? last;
        if (ids.length > 0) ring();
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiUnreachable) && !(error instanceof TypeError)) return;
    }
    await sleep(1000, undefined, { signal }).catch(() => undefined);
  }
}

function openBell() {
  let wake: () => void = () => undefined;
  return {
    ring: () => wake(),
    next: (patience_ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, patience_ms);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      }),
  };
}
