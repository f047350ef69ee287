import type { Level } from "../lib/format.ts";

interface ShareProps {
  readonly part: number;
  readonly of: number;
  readonly level: Level;
}

/** A part of a whole as a bar, with the numbers beside it: they say all that the bar shows. */
export function Share({ part, of, level }: ShareProps) {
  return (
    <span class="share">
      <Track part={part} of={of} level={level} />
      <span class="share-said">
        {part} <small>of {of}</small>
      </span>
    </span>
  );
}

/** The bar alone, for where the numbers stand elsewhere. Of nothing there is no part: it is an outline then. */
export function Track({ part, of, level }: ShareProps) {
  const share = of === 0 ? 0 : part / of;
  return (
    <span class={`track ${of === 0 ? "unknown" : level}`} aria-hidden="true">
      <span class={`track-fill ${level}`} style={{ inlineSize: `${share * 100}%` }} />
    </span>
  );
}

/** One square for each of a few things, in order. */
export function Cells({ label, levels }: { label: string; levels: readonly Level[] }) {
  return (
    <span class="cells" role="img" aria-label={label}>
      {levels.map((level, at) => (
        <span key={at} class={`cell ${level}`} />
      ))}
    </span>
  );
}

/** So many squares of each level, one level after the other. */
export function levelsOf(...groups: readonly (readonly [number, Level])[]): Level[] {
  return groups.flatMap(([count, level]) => Array.from({ length: count }, () => level));
}
