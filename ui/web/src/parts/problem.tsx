import type { Refusal } from "../lib/api.ts";

/** A refusal with what to do about it. */
export function ProblemNote({ error }: { error: Refusal | null }) {
  if (error === null) return null;
  return (
    <div class="problem" role="alert">
      <strong>{error.title}</strong>
      <p>{error.detail}</p>
      {error.issues.length > 1 && (
        <ul>
          {error.issues.map((issue) => (
            <li key={`${issue.path} ${issue.message}`}>
              {issue.path}: {issue.message}
            </li>
          ))}
        </ul>
      )}
      {error.hint !== "" && error.hint !== undefined && <p class="hint">{error.hint}</p>}
    </div>
  );
}
