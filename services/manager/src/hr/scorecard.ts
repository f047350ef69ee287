import { wilsonInterval } from "./wilson.ts";

/** Judged attempts below this say nothing about an agent. */
const SAMPLE_MIN = 5;

export interface Judged {
  readonly judged: number;
  readonly accepted: number;
}

export type Score =
  | {
      readonly judged: number;
      readonly accepted: number;
      readonly rejected: number;
      readonly status: "insufficient data";
    }
  | {
      readonly judged: number;
      readonly accepted: number;
      readonly rejected: number;
      readonly status: "scored";
      /** Share of judged attempts that the Auditor accepted, 0 to 1. */
      readonly verified_rate: number;
      /** 95 % Wilson interval of that share. */
      readonly interval: { readonly low: number; readonly high: number };
    };

/**
 * What the Auditor's verdicts say about an agent. An agent's own confidence never enters; an attempt without a verdict
 * (environment failure, no conclusion) counts neither way.
 */
export function scoreOf({ judged, accepted }: Judged): Score {
  const counts = { judged, accepted, rejected: judged - accepted };
  if (judged < SAMPLE_MIN) return { ...counts, status: "insufficient data" };
  return { ...counts, status: "scored", verified_rate: accepted / judged, interval: wilsonInterval(accepted, judged) };
}
