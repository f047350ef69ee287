import type { AuditorReportCard } from "@aura/shared/schemas/api/report-card";
import { getJson } from "../lib/api.ts";
import { useLoaded } from "../lib/loaded.ts";
import { Intervals } from "../parts/interval.tsx";
import { Cells, levelsOf } from "../parts/measure.tsx";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty } from "../parts/shown.tsx";

/** How often the Auditor was wrong when that was measured. */
export function AuditorPage() {
  const { value, error } = useLoaded("report card", () => getJson<AuditorReportCard>("/v1/auditor/report-card"));
  return (
    <>
      <div class="page-head">
        <h1>Auditor</h1>
        <p>How often its verdicts were wrong when they were put to the test.</p>
      </div>
      <ProblemNote error={error} />
      {value === null && error === null && <Empty>Reading …</Empty>}
      {value === null && error !== null && (
        <Empty>So nothing is known here of how often it is wrong. That is no zero.</Empty>
      )}
      {value !== null && (
        <div class="auditor">
          <Rates card={value} />
          <Guards guards={value.guards} />
        </div>
      )}
    </>
  );
}

function Rates({ card }: { card: AuditorReportCard }) {
  const { false_accepts, false_rejects, submissions, judged_on, revisions } = card;
  const first = revisions.toSorted((a, b) => b.submissions - a.submissions);
  return (
    <section class="card" aria-labelledby="rates">
      <h2 id="rates">Error rates</h2>
      <Intervals
        rates={[
          { name: "Wrong products that were accepted", rate: false_accepts },
          { name: "Correct products that were refused", rate: false_rejects },
        ]}
      />
      <p>
        A dot is the share that was seen, its line the exact 95 % interval. Without an error, the line's end says how
        little is known.
      </p>
      <p class="hint">
        The wrong products were made to deceive it, so this is no estimate of what a model hands in by itself.
      </p>
      <dl class="pairs">
        <div>
          <dt>Judged on</dt>
          <dd>{judged_on.join(", ")}</dd>
        </div>
        <div>
          <dt>Submissions</dt>
          <dd>{submissions}, each as a run of its own</dd>
        </div>
        <div>
          <dt>Revisions</dt>
          <dd>
            {first.map(({ revision, submissions: own }, at) => (
              <span key={revision}>
                {at > 0 && ", "}
                <code>{revision}</code> ({own})
              </span>
            ))}
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Guards({ guards }: { guards: AuditorReportCard["guards"] }) {
  const needed = guards.filter(({ through }) => through.length > 0).length;
  const said = `${needed} of ${guards.length} guards are needed`;
  return (
    <section class="card" aria-labelledby="guards">
      <h2 id="guards">Guards</h2>
      {guards.length === 0 ? (
        <Empty>No guard was switched off to see what it keeps out: npm run audit:corpus -- --guards does it.</Empty>
      ) : (
        <>
          <p class="lead">{said}: without each of them, something wrong is accepted.</p>
          <Cells label={said} levels={levelsOf([needed, "good"], [guards.length - needed, "warn"])} />
          <ul class="guards">
            {guards.map(({ guard, tried, through }) => (
              <li key={guard}>
                <strong>{guard}</strong>
                <span class="who long">
                  {through.length > 0
                    ? `keeps out ${through.join(", ")}`
                    : `nothing of ${tried.join(", ") || "the corpus"} got through without it`}
                </span>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
