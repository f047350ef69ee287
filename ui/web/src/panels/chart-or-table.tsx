import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

/** A drawing for eyes, and the same as a table for everybody. */
export function ChartOrTable({
  chart,
  table,
  name,
}: {
  chart: ComponentChildren;
  table: ComponentChildren;
  name: string;
}) {
  const [asTable, setAsTable] = useState(false);
  return (
    <>
      <button
        type="button"
        class="quiet twin"
        aria-pressed={asTable}
        onClick={() => setAsTable(!asTable)}
        aria-label={`${name} as a table`}
      >
        table
      </button>
      {asTable ? table : chart}
    </>
  );
}
