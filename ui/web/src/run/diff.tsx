import type { Run } from "@aura/shared/schemas/api/run";
import { useState } from "preact/hooks";
import { getText } from "../lib/api.ts";
import { useLoaded } from "../lib/loaded.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty } from "../parts/shown.tsx";

const KINDS: readonly (readonly [prefix: string, kind: string])[] = [
  ["+++", "file"],
  ["---", "file"],
  ["@@", "place"],
  ["+", "added"],
  ["-", "removed"],
];

/** What changed between two states of the software. */
export function Diff({ run }: { run: Run }) {
  const [[from, to], setEnds] = useState<readonly [string, string]>(["base", "best"]);
  const { value, error } = useLoaded(
    `diff ${run.id} ${from} ${to}`,
    () => getText(`/v1/runs/${run.id}/diff?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`),
    (event) => event.run_id === run.id && event.subject_type === "revision",
  );
  const revisions = Array.from({ length: run.head_revision ?? 0 }, (_, index) => String(index + 1));
  const choice = (label: string, chosen: string, options: readonly string[], choose: (end: string) => void) => (
    <label class="inline">
      {label}{" "}
      <select value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option === "base" ? "nothing" : option === "best" ? "best so far" : `revision ${option}`}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <section class="card">
      <h2>Diff</h2>
      <p class="buttons">
        {choice("from", from, ["base", ...revisions], (end) => setEnds([end, to]))}
        {choice("to", to, ["best", ...revisions], (end) => setEnds([from, end]))}
      </p>
      <ProblemNote error={error} />
      {value === "" && (
        <Empty>The two are the same; as long as nothing has been written there is nothing to compare.</Empty>
      )}
      {value !== null && value !== "" && (
        <Scroll kind="code-box" label="Unified diff">
          <pre class="code diff">
            {value.split("\n").map((line, at) => (
              <span key={at} class={KINDS.find(([prefix]) => line.startsWith(prefix))?.[1] ?? ""}>
                {`${line}\n`}
              </span>
            ))}
          </pre>
        </Scroll>
      )}
    </section>
  );
}
