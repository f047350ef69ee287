import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { counted, type Level, sentence } from "../lib/format.ts";
import { Cells, levelsOf } from "../parts/measure.tsx";
import { Empty } from "../parts/shown.tsx";

type Mutation = NonNullable<NonNullable<DeliveryReport["verification"]>["mutation"]>;
type Returned = NonNullable<DeliveryReport["survivors_returned"]>;
type Asked = Returned["survivors"][number];

const ANSWERS: Readonly<Record<NonNullable<Asked["answer"]>, readonly [string, Level]>> = {
  tested: ["a new test was to notice it", "good"],
  equivalent: ["nobody could see a difference", "plain"],
  not_required: ["no requirement speaks of it", "plain"],
};

/** Changes of the product that its tests were tried on; those that no test noticed in words, and never as code. */
export function SurvivorsCard({ report, mutation }: { report: DeliveryReport; mutation: Mutation | null }) {
  const returned = report.survivors_returned;
  const answers = new Map(returned?.survivors.map((asked) => [keyOf(asked), asked]));
  return (
    <section class="card" aria-labelledby="survivors">
      <h3 id="survivors">Changes of the product that tests noticed</h3>
      {mutation === null ? <Empty>{whyNone(report)}</Empty> : <Tried mutation={mutation} />}
      {mutation !== null && mutation.survived.length > 0 && (
        <>
          <h4>No test noticed</h4>
          <ul class="survivors">
            {mutation.survived.map((survivor) => (
              <li key={`${survivor.path} ${survivor.line} ${keyOf(survivor)}`}>
                <Change change={survivor} path={survivor.path} />
                <Answer asked={answers.get(keyOf(survivor))} />
              </li>
            ))}
          </ul>
        </>
      )}
      {returned !== null && <Earlier returned={returned} now={mutation?.survived ?? null} />}
    </section>
  );
}

function Tried({ mutation: { sampled, killed, survived, not_run } }: { mutation: Mutation }) {
  if (sampled === 0) return <Empty>There was nothing to change in what the tests reach.</Empty>;
  const said = `${killed} of ${killed + survived.length} changes were noticed`;
  const late = not_run === 0 ? "" : `; ${not_run} not tried for lack of time`;
  return (
    <>
      <p class="lead">
        {said}
        {late}.
      </p>
      <Cells
        label={`${said}${late}`}
        levels={levelsOf([killed, "good"], [survived.length, "warn"], [not_run, "plain"])}
      />
    </>
  );
}

interface ChangeInWords {
  readonly function: string;
  readonly behaviour: string;
  readonly requirement_ids: readonly string[];
}

function Change({ change, path }: { change: ChangeInWords; path?: string }) {
  return (
    <>
      <p class="behaviour">{sentence(change.behaviour)}</p>
      <p class="who">
        in <code>{change.function}</code>
        {path !== undefined && (
          <>
            {" "}
            of <span class="long">{path}</span>
          </>
        )}
        ; tests of {change.requirement_ids.join(", ")} reach it
      </p>
    </>
  );
}

function Answer({ asked }: { asked: Asked | undefined }) {
  if (asked === undefined) return null;
  if (asked.answer === null) return <p class="answer">The test author was asked and did not answer.</p>;
  const [words, level] = ANSWERS[asked.answer];
  return (
    <p class="answer">
      Test author: <span class={`status ${level}`}>{words}</span> {asked.basis}
    </p>
  );
}

/** What the author was asked about beside what survives now; null: nothing was tried since. */
function Earlier({ returned, now }: { returned: Returned; now: readonly ChangeInWords[] | null }) {
  const still = new Set(now?.map(keyOf));
  const others = returned.survivors.filter((asked) => !still.has(keyOf(asked)));
  if (others.length === 0) return null;
  const asked = `The test author was asked about ${counted(others.length, now === null ? "change" : "further change")}`;
  const since = now === null ? "" : " that did not survive again";
  const added = returned.tests_added.length;
  return (
    <details>
      <summary>
        {asked}
        {since}
        {added > 0 && `, and added ${counted(added, "test")}`}
      </summary>
      <ul class="survivors">
        {others.map((survivor) => (
          <li key={keyOf(survivor)}>
            <Change change={survivor} />
            <Answer asked={survivor} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function whyNone({ verification, finished_at }: DeliveryReport): string {
  if (verification !== null && verification.outcome !== "accepted")
    return `Changes are tried on an accepted product only${finished_at === null ? ": they follow once the whole is accepted." : "."}`;
  return "No change was tried: the tests reach nothing that could be changed, or AURA_MUTANTS is 0.";
}

const keyOf = ({ function: name, behaviour }: ChangeInWords) => `${name}\n${behaviour}`;
