import type { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { getJson } from "../lib/api.ts";
import { words } from "../lib/format.ts";
import { useLoaded } from "../lib/loaded.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty, Time } from "../parts/shown.tsx";

const SHOWN = 200;

/** The newest events of a run as they come. */
export function RunEvents({ run_id }: { run_id: string }) {
  const { value, error } = useLoaded(
    `events ${run_id}`,
    () =>
      getJson<{ data: AuditEvent[]; next_cursor: string | null }>(`/v1/audit/events?run_id=${run_id}&limit=${SHOWN}`),
    (event) => event.run_id === run_id,
  );
  return (
    <section class="card">
      <h2>Events</h2>
      <ProblemNote error={error} />
      {value?.data.length === 0 && <Empty>Nothing has happened yet.</Empty>}
      {value !== null && (
        <ol class="feed wide">
          {value.data.map((event) => (
            <li key={event.id}>
              <Time at={event.created_at} />
              <span class="who">{event.seq === null ? "not numbered yet" : `no. ${event.seq}`}</span>
              <span>
                <strong>{words(event.event_type).replace(".", " ")}</strong> <span class="who">{actorOf(event)}</span>
                {event.from !== null && event.to !== null && event.from !== event.to && (
                  <span class="who">
                    {" "}
                    {words(event.from)} → {words(event.to)}
                  </span>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
      {value !== null && value.next_cursor !== null && (
        <p class="hint">The newest {SHOWN}; all of them: GET /v1/audit/events.</p>
      )}
    </section>
  );
}

/** Agents and runtimes have ids for names; what they are says more. */
function actorOf({ actor_kind, actor_id }: AuditEvent): string {
  return /^[0-9a-f-]{36}$/.test(actor_id) ? actor_kind : actor_id;
}
