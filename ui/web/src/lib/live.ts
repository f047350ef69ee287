import type { AuditEvent } from "@aura/shared/schemas/api/audit-event";
import { signal } from "@preact/signals";
import { Refusal, request } from "./api.ts";

/** What the mark in the header says. `since`: when something was last heard. */
export interface LiveState {
  readonly state: "connecting" | "live" | "reconnecting" | "stale";
  readonly since: number;
}

export const live = signal<LiveState>({ state: "connecting", since: Date.now() });

/** Heartbeats come every 15 s; twice as long without a word is silence. */
const SILENCE_MS = 35_000;
const STALE_MS = 15_000;
const PAUSES_MS = [500, 1000, 2000, 5000, 10_000];

type Listener = (event: AuditEvent | null) => void;
const listeners = new Set<Listener>();
let lastId: string | null = null;

/** Tells every event of the log; null means that events may have been missed, so read again. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Follows the log until `stop` is aborted, and says in `live` how well that goes. */
export async function follow(stop: AbortSignal): Promise<void> {
  const watch = setInterval(judgeSilence, 1000);
  stop.addEventListener("abort", () => clearInterval(watch));
  for (let failures = 0; !stop.aborted; failures += 1) {
    const opened = await readStream(stop).catch((error: unknown) => {
      if (error instanceof Refusal && error.status === 401) return "ended";
      return false;
    });
    if (opened === "ended" || stop.aborted) return;
    if (opened) failures = 0;
    if (live.value.state !== "stale") live.value = { ...live.value, state: "reconnecting" };
    await pause(PAUSES_MS[Math.min(failures, PAUSES_MS.length - 1)] ?? 10_000, stop);
  }
}

/** @returns true when the stream was open before it ended */
async function readStream(stop: AbortSignal): Promise<boolean> {
  const silence = new AbortController();
  const signal = AbortSignal.any([stop, silence.signal]);
  const headers: Record<string, string> = lastId === null ? {} : { "last-event-id": lastId };
  const { body } = await request("/v1/events", { headers, signal });
  if (body === null) return false;
  heard();
  tell(null);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  let text = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return true;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      heard();
      const frames = (text + value).split("\n\n");
      text = frames.pop() ?? "";
      for (const frame of frames) take(frame);
    }
  } finally {
    clearTimeout(timer);
  }
}

function take(frame: string): void {
  const field = (name: string) =>
    frame
      .split("\n")
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  if (field("event") === "reset") {
    lastId = null;
    tell(null);
    return;
  }
  const data = field("data");
  if (data === undefined) return;
  lastId = field("id") ?? lastId;
  tell(JSON.parse(data) as AuditEvent);
}

function tell(event: AuditEvent | null): void {
  for (const listener of [...listeners]) listener(event);
}

function heard(): void {
  live.value = { state: "live", since: Date.now() };
}

function judgeSilence(): void {
  const { state, since } = live.value;
  if (state === "reconnecting" && Date.now() - since > STALE_MS) live.value = { state: "stale", since };
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    stop.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
