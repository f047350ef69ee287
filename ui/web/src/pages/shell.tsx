import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { now } from "../lib/clock.ts";
import { exactTime, span } from "../lib/format.ts";
import { live } from "../lib/live.ts";
import { route } from "../lib/router.ts";
import { logOut, session } from "../lib/session.ts";

const PAGES = [
  ["overview", "Overview"],
  ["new", "Start a run"],
  ["intervention", "Intervention"],
  ["monitoring", "Monitoring"],
  ["agents", "Agents"],
  ["auditor", "Auditor"],
] as const;

/** What stands around every page: where to go, how fresh it is, who is here. */
export function Shell({ children }: { children: ComponentChildren }) {
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const [page = "overview", id] = route.value;
  useEffect(() => {
    document.title = `${PAGES.find(([name]) => name === page)?.[1] ?? "Run"} · Aura_Orchestra`;
    if (!first.current) main.current?.focus();
    first.current = false;
  }, [page, id]);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href="#/">
          <img src="/favicon.svg" alt="" width="24" height="24" /> Aura_Orchestra
        </a>
        <nav aria-label="Pages">
          {PAGES.map(([name, label]) => (
            <a
              key={name}
              class="tab"
              href={`#/${name}`}
              {...(name === page ? { "aria-current": "page" as const } : {})}
            >
              {label}
            </a>
          ))}
        </nav>
        <LiveMark />
        <p class="who-is-here">
          <span title={`API key ${session.value?.name}`}>{session.value?.role}</span>
          <button type="button" class="quiet" onClick={() => void logOut()}>
            Log out
          </button>
        </p>
      </header>
      <main id="main" ref={main} tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** `live`, `reconnecting`, or how old all that is shown is. */
function LiveMark() {
  const { state, since } = live.value;
  const age = span(Math.max(now.value - since, 0) / 1000);
  const text = state === "stale" ? `stale since ${age}` : state;
  return (
    <p class={`live live-${state}`} role="status" title={`Last heard ${exactTime(new Date(since).toISOString())}`}>
      {text}
    </p>
  );
}
