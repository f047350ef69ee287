import type { ValueFormat } from "@aura/shared/schemas/panel-document";
import type { ComponentChildren } from "preact";
import { now } from "../lib/clock.ts";
import { count, duration, exactTime, levelOf, percent, relativeTime, usd, words } from "../lib/format.ts";

/** How long ago, with the exact time where the pointer rests. */
export function Time({ at }: { at: string | null }) {
  if (at === null) return <None />;
  return (
    <time dateTime={at} title={exactTime(at)}>
      {relativeTime(at, now.value)}
    </time>
  );
}

export function None() {
  return <span class="none">–</span>;
}

/** A state in words, its colour beside them. */
export function Status({ word }: { word: string | null }) {
  if (word === null) return <None />;
  return <span class={`status ${levelOf(word)}`}>{words(word)}</span>;
}

export type Cell = string | number | boolean | string[] | null | undefined;

/** One value of a row as its format says. Whatever it holds is text. */
export function Value({ value, format }: { value: Cell; format: ValueFormat }) {
  if (value === null || value === undefined || value === "") return <None />;
  if (Array.isArray(value)) return <>{value.join(", ")}</>;
  switch (format) {
    case "relative_time":
      return <Time at={String(value)} />;
    case "datetime":
      return <time dateTime={String(value)}>{exactTime(String(value))}</time>;
    case "status":
      return <Status word={String(value)} />;
    case "hash":
      return <code title={String(value)}>{String(value).slice(0, 12)}</code>;
    default:
      return <>{plain(value, format)}</>;
  }
}

function plain(value: string | number | boolean, format: ValueFormat): string {
  switch (format) {
    case "usd":
      return usd(String(value));
    case "number":
    case "tokens":
      return count(Number(value));
    case "duration_ms":
      return duration(Number(value));
    case "percent":
      return percent(Number(value));
    case "bool":
      return value ? "yes" : "no";
    default:
      return String(value);
  }
}

export const isNumeric = (format: ValueFormat) =>
  ["number", "usd", "tokens", "duration_ms", "percent"].includes(format);

/** What is said where there is nothing, and what to do about it. */
export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}
