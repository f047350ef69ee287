/** Parts of a plan and its requirements as the gate's document and the API both have them. */
export interface PlanLike {
  readonly summary: string;
  readonly toolchain: string;
  readonly tasks: readonly {
    readonly key: string;
    readonly title: string;
    readonly description: string;
    readonly closes: readonly string[];
    readonly depends_on: readonly string[];
    readonly file_scope: readonly string[];
  }[];
  readonly interfaces: {
    readonly cli: readonly { readonly name: string; readonly usage: string }[];
    readonly http: readonly { readonly name: string; readonly routes: readonly string[] }[];
  };
}

export interface RequirementLike {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly priority: string;
  readonly verification_method: string;
}

/** The packages that the Auditor fetched for a plan. */
export interface FetchedLike {
  readonly registry: string;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly licence: string | null;
    readonly integrity: string;
    readonly direct: boolean;
  }[];
}

interface PlanViewProps {
  readonly plan: PlanLike;
  readonly requirements: readonly RequirementLike[];
  /** Null where the plan needs none. */
  readonly fetched: FetchedLike | null;
}

/** A plan as a person reads it before saying yes. */
export function PlanView({ plan, requirements, fetched }: PlanViewProps) {
  return (
    <>
      <p>
        {plan.summary} ({plan.toolchain})
      </p>
      {requirements.length > 0 && (
        <>
          <h4>Requirements as they were understood</h4>
          <ol class="bare">
            {requirements.map(({ id, title, text, priority, verification_method }) => (
              <li key={id}>
                <strong>{id}</strong> {title}{" "}
                <span class="who">
                  {priority}, by {verification_method}
                </span>
                <p>{text}</p>
              </li>
            ))}
          </ol>
        </>
      )}
      {fetched !== null && <Packages fetched={fetched} />}
      <h4>Tasks</h4>
      <ol class="bare">
        {plan.tasks.map((task) => (
          <li key={task.key}>
            <strong>{task.key}</strong> {task.title}
            {task.depends_on.length > 0 && <span class="who"> after {task.depends_on.join(", ")}</span>}
            <p>{task.description}</p>
            <p class="who">
              closes {task.closes.join(", ") || "nothing"}; may write {task.file_scope.join(", ")}
            </p>
          </li>
        ))}
      </ol>
      {plan.interfaces.cli.length + plan.interfaces.http.length > 0 && <h4>How the product is used</h4>}
      <ul>
        {plan.interfaces.cli.map(({ name, usage }) => (
          <li key={name}>
            <code>{usage}</code>
          </li>
        ))}
        {plan.interfaces.http.map(({ name, routes }) => (
          <li key={name}>
            {name}: <code>{routes.join(", ")}</code>
          </li>
        ))}
      </ul>
    </>
  );
}

/** The named ones first: what they need in turn is often long. */
function Packages({ fetched: { registry, packages } }: { fetched: FetchedLike }) {
  const ordered = [...packages].sort((a, b) => Number(b.direct) - Number(a.direct));
  return (
    <>
      <h4>
        Packages that it builds on <span class="who">fetched from {registry}</span>
      </h4>
      <ul>
        {ordered.map(({ name, version, licence, integrity, direct }) => (
          <li key={`${name}@${version}`}>
            <strong>{name}</strong> {version}{" "}
            <span class="who" title={integrity}>
              {licence ?? "no licence stated"}
              {direct ? "" : ", needed by another"}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
