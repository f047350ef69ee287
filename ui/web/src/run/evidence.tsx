import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import type { Run } from "@aura/shared/schemas/api/run";
import { words } from "../lib/format.ts";
import { Empty } from "../parts/shown.tsx";
import { AttestationCard } from "./attestation.tsx";
import { ConfidenceCard } from "./confidence.tsx";
import { ReachedCard } from "./reached.tsx";
import { SandboxCard } from "./sandbox.tsx";
import { SecondRunCard } from "./second-run.tsx";
import { SurvivorsCard } from "./survivors.tsx";

/** What stands behind the verdicts, to be looked at. */
export function Evidence({ run, report }: { run: Run; report: DeliveryReport }) {
  const { verification, confidence, replay } = report;
  return (
    <section class="evidence" aria-labelledby="evidence">
      <header>
        <h2 id="evidence">Evidence</h2>
        {verification !== null && replay && (
          <p class="hint">The agents' replies are recorded ones. Everything here was judged anew in this run.</p>
        )}
      </header>
      {verification === null || confidence === null ? (
        <NotYet run={run} what="No code has been accepted yet, so there is no product to show evidence of." />
      ) : (
        <div class="evidence-grid">
          <ConfidenceCard confidence={confidence} />
          {verification.kind === "assembly" ? (
            <>
              <SurvivorsCard report={report} mutation={verification.mutation} />
              <ReachedCard coverage={verification.coverage} />
              <SecondRunCard report={report} run={verification.second_run} />
            </>
          ) : (
            <NotYet
              run={run}
              what="The product has not been judged as a whole. Whether tests notice changes of it, what they reach and whether a second run agrees is looked at then."
            />
          )}
          <SandboxCard verification={verification} />
          <AttestationCard report={report} />
        </div>
      )}
    </section>
  );
}

/** Why there is nothing, and what comes next. */
function NotYet({ run, what }: { run: Run; what: string }) {
  const { waiting_for, status, stop_reason } = run;
  return (
    <div class="card not-yet">
      <Empty>{what}</Empty>
      {waiting_for === null ? (
        <p>
          The run ended {words(status)}
          {stop_reason !== null && stop_reason !== status && ` (${words(stop_reason)})`}, so nothing more will come.
        </p>
      ) : (
        <p>
          It waits for {waiting_for.owner === "director" ? "you" : `the ${waiting_for.owner}`} (
          {words(waiting_for.reason)}): {waiting_for.next_step}
        </p>
      )}
    </div>
  );
}
