import type { ErrorRate } from "@aura/shared/schemas/api/report-card";
import { finePercent } from "../lib/format.ts";

/** Ends of the axis, the nearest that holds all intervals. */
const ENDS = [0.02, 0.05, 0.1, 0.2, 0.5, 1];
const TICKS = 4;

export interface NamedRate {
  readonly name: string;
  readonly rate: ErrorRate;
}

/** Each rate as a dot, its interval as a whisker, all on one axis. The words beside say the same. */
export function Intervals({ rates }: { rates: readonly NamedRate[] }) {
  const highest = Math.max(...rates.map(({ rate }) => rate.high));
  const end = ENDS.find((candidate) => candidate >= highest) ?? 1;
  const ticks = Array.from({ length: TICKS + 1 }, (_, at) => (end * at) / TICKS);
  return (
    <div class="intervals">
      <dl>
        {rates.map(({ name, rate }) => (
          <div key={name} class="interval">
            <dt>{name}</dt>
            <dd>
              <span class="interval-count">
                {rate.errors} <small>of {rate.of}</small>
              </span>
              <Whisker rate={rate} end={end} />
              <span class="who">
                {finePercent(rate.rate)}, 95 % interval {finePercent(rate.low)} to {finePercent(rate.high)}
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <ol class="axis" aria-hidden="true">
        {ticks.map((share) => (
          <li key={share}>{finePercent(share)}</li>
        ))}
      </ol>
    </div>
  );
}

function Whisker({ rate: { rate, low, high }, end }: { rate: ErrorRate; end: number }) {
  const at = (share: number) => `${(share / end) * 100}%`;
  return (
    <span class="whisker" aria-hidden="true">
      <span class="whisker-line" style={{ insetInlineStart: at(low), inlineSize: at(high - low) }} />
      <span class="whisker-dot" style={{ insetInlineStart: at(rate) }} />
    </span>
  );
}
