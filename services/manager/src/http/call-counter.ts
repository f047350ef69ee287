import { isIPv6 } from "node:net";

/** What one call found. */
export interface Counted {
  readonly allowed: boolean;
  /** Calls that are left in this window. */
  readonly remaining: number;
  /** Seconds until the window ends and all may be used again; at least 1. */
  readonly reset_s: number;
}

interface Window {
  used: number;
  readonly ends_at: number;
}

/**
 * Counts calls of many callers, each in windows of its own that begin with its first call. Counts at once, so that calls that
 * come together cannot pass on one another's place.
 *
 * @param max calls in a window, at least 1
 * @param callers_max callers that are remembered; beyond that the one not seen for longest begins anew, so memory is bounded
 */
export class CallCounter {
  readonly #windows = new Map<string, Window>();
  readonly #max: number;
  readonly #window_ms: number;
  readonly #callers_max: number;

  constructor(max: number, window_ms: number, callers_max: number) {
    this.#max = max;
    this.#window_ms = window_ms;
    this.#callers_max = callers_max;
  }

  /** Callers that are remembered now. */
  get size(): number {
    return this.#windows.size;
  }

  take(caller: string, now: number): Counted {
    const window = this.#windowOf(caller, now);
    this.#windows.delete(caller);
    this.#windows.set(caller, window); // the map's order is that of being seen
    if (this.#windows.size > this.#callers_max) this.#windows.delete(this.#windows.keys().next().value ?? "");
    const allowed = window.used < this.#max;
    if (allowed) window.used += 1;
    const reset_s = Math.max(1, Math.ceil((window.ends_at - now) / 1000));
    return { allowed, remaining: this.#max - window.used, reset_s };
  }

  #windowOf(caller: string, now: number): Window {
    const open = this.#windows.get(caller);
    return open !== undefined && open.ends_at > now ? open : { used: 0, ends_at: now + this.#window_ms };
  }
}

/** Whom an address stands for: of IPv6 the /64, because one host has all of it; of IPv4 within IPv6 that address. */
export function networkOf(address: string): string {
  const [text = ""] = address.split("%");
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(text)?.[1];
  if (mapped !== undefined) return mapped;
  return isIPv6(text) ? `${groupsOf(text).slice(0, 4).join(":")}::/64` : text;
}

/** The eight groups, each without leading zeros. */
function groupsOf(address: string): string[] {
  const shortest = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = shortest.split("::");
  const [before, after] = [head, tail ?? ""].map((part) => part.split(":").filter(Boolean)) as [string[], string[]];
  return [...before, ...Array<string>(8 - before.length - after.length).fill("0"), ...after];
}
