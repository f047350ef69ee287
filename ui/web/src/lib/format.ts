const SPANS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
] as const;

/** `3 min ago`, `in 2 h`; under ten seconds `now`. */
export function relativeTime(iso: string, now: number): string {
  const seconds = Math.round((now - Date.parse(iso)) / 1000);
  if (Math.abs(seconds) < 10) return "now";
  return seconds < 0 ? `in ${span(-seconds)}` : `${span(seconds)} ago`;
}

export function span(seconds: number): string {
  for (const [size, name] of SPANS) if (seconds >= size) return `${Math.floor(seconds / size)} ${name}`;
  return `${Math.floor(seconds)} s`;
}

/** In the reader's own time zone, to the second. */
export function exactTime(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** Cents where that is enough; more digits where cents would say nothing. */
export function usd(text: string): string {
  const amount = Number(text);
  if (!Number.isFinite(amount)) return text;
  return amount !== 0 && amount < 0.1 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function count(value: number): string {
  return value >= 100_000 ? COMPACT.format(value) : value.toLocaleString("en", { maximumFractionDigits: 1 });
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : span(ms / 1000);
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Where whole percents would make a zero of something small. */
export function finePercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

/** `1 change`, `2 changes`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Words as a sentence begins. */
export function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** `awaiting_director` as people read it. */
export function words(code: string): string {
  return code.replaceAll("_", " ");
}

export type Level = "good" | "warn" | "bad" | "plain";

const GOOD = "verified completed accepted pass active released approved allow done submitted settled ok upheld agreed";
const WARN =
  "awaiting_director pending probation inconclusive partial needs_approval paused changes_requested expired held_up gave_up taken_back degraded inspection overridden set_aside plan_approval delivery_approval landing_approval question disagreed";
const BAD =
  "failed rejected fail suspended stopped deny refused error stuck environment verification_failed policy failures_used_up charged_in_full budget_exhausted provider_failed";
const LEVELS = new Map<string, Level>([
  ...GOOD.split(" ").map((word) => [word, "good"] as const),
  ...WARN.split(" ").map((word) => [word, "warn"] as const),
  ...BAD.split(" ").map((word) => [word, "bad"] as const),
]);

export function levelOf(word: string): Level {
  return LEVELS.get(word) ?? "plain";
}
