import type { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Refusal } from "./api.ts";
import { listen } from "./live.ts";

export interface Loaded<T> {
  /** The newest value, kept while the next is on its way. */
  readonly value: T | null;
  /** Why the last attempt failed; the value is then older than it says. */
  readonly error: Refusal | null;
  readonly reload: () => void;
}

/** Reads at most once in this time, however many events come. */
const CALM_MS = 700;

/**
 * Something read from the Manager, read again whenever an event matters to it.
 *
 * @param key names what `load` reads: another key, another thing
 */
export function useLoaded<T>(
  key: string,
  load: () => Promise<T>,
  matters: (event: AuditEvent) => boolean = () => false,
): Loaded<T> {
  const [state, setState] = useState<{ key: string; value: T | null; error: Refusal | null }>(empty(key));
  const latest = useRef({ load, matters });
  latest.current = { load, matters };

  const read = useCallback(async () => {
    try {
      const value = await latest.current.load();
      setState({ key, value, error: null });
    } catch (error) {
      setState((old) => ({ ...(old.key === key ? old : empty<T>(key)), error: error as Refusal }));
    }
  }, [key]);

  useEffect(() => {
    let timer: number | null = null;
    const later = () => {
      timer ??= setTimeout(() => {
        timer = null;
        void read();
      }, CALM_MS);
    };
    void read();
    const stop = listen((event) => {
      if (event === null || latest.current.matters(event)) later();
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [read]);

  const { value, error } = state.key === key ? state : empty<T>(key);
  return { value, error, reload: () => void read() };
}

function empty<T>(key: string) {
  return { key, value: null as T | null, error: null as Refusal | null };
}

/** Whether an event is of one of these topics: `task.*` or `task.verified`. */
export function isAbout(topics: readonly string[], event: AuditEvent): boolean {
  return topics.some((topic) =>
    topic.endsWith(".*") ? event.event_type.startsWith(topic.slice(0, -1)) : event.event_type === topic,
  );
}
