import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { counted, sentence } from "../lib/format.ts";
import { Cells, levelsOf } from "../parts/measure.tsx";
import { Empty, Status } from "../parts/shown.tsx";

type SecondRun = NonNullable<NonNullable<DeliveryReport["verification"]>["second_run"]>;

const DAY_S = 86_400;

/** Whether every pass happened again under other circumstances. */
export function SecondRunCard({ report, run }: { report: DeliveryReport; run: SecondRun | null }) {
  return (
    <section class="card" aria-labelledby="second-run">
      <h3 id="second-run">Second run</h3>
      {run === null ? (
        <Empty>This judgement is from before second runs were recorded.</Empty>
      ) : (
        <Made report={report} run={run} />
      )}
    </section>
  );
}

function Made({ report, run }: { report: DeliveryReport; run: SecondRun }) {
  const { tests, agreed, disagreed } = run;
  if (tests === 0 && disagreed.length === 0)
    return <Empty>Not made: no test passed, and only what passed is run again.</Empty>;
  return (
    <>
      <p>
        <Status word={disagreed.length === 0 ? "agreed" : "disagreed"} />
      </p>
      <p class="lead">
        {agreed} of {counted(tests, "test")} that passed did so again.
      </p>
      <Cells
        label={`${agreed} agreed, ${disagreed.length} disagreed`}
        levels={levelsOf([agreed, "good"], [disagreed.length, "warn"])}
      />
      <p class="hint">{circumstances(run)}</p>
      {disagreed.length > 0 && (
        <>
          <h4>Disagreed</h4>
          <ul class="survivors">
            {disagreed.map(({ test_id, requirement_ids, because }) => (
              <li key={test_id}>
                <p class="behaviour">{titleOf(report, test_id)}</p>
                <p>{sentence(because)}</p>
                <p class="who">{requirement_ids.join(", ")}: inconclusive by this test</p>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function circumstances({ clock_offset_s }: SecondRun): string {
  const days = Math.floor(clock_offset_s / DAY_S);
  const clock =
    days === 0 ? "the clock as it was, since nothing here could move it" : `the clock ${counted(days, "day")} ahead`;
  return `With another seed and order, ${clock}, and the variables, port and headers of a person's machine.`;
}

function titleOf({ requirements }: DeliveryReport, testId: string): string {
  const known = requirements.flatMap(({ tests }) => tests).find(({ test_id }) => test_id === testId);
  return known?.title ?? testId;
}
