import type { PanelAction } from "@aura/shared/schemas/panel-document";
import { useId, useState } from "preact/hooks";
import { postJson, type Refusal } from "../lib/api.ts";
import { ProblemNote } from "./problem.tsx";
import type { Cell } from "./shown.tsx";

export type Row = Readonly<Record<string, Cell>>;

const REASON_MIN = 3;

/** Whether an action makes sense for a row. Only a courtesy: the Manager decides again. */
export function isOffered(action: PanelAction, row: Row): boolean {
  return action.visibleWhen.every((condition) => {
    const value = row[condition.column] ?? null;
    switch (condition.op) {
      case "is_null":
        return value === null;
      case "not_null":
        return value !== null;
      default:
        return ("value" in condition && value === condition.value) === (condition.op === "eq");
    }
  });
}

/** Asks for what an action needs, first of all its reason, sends it, and shows a refusal where it was asked. */
export function ActionForm(props: {
  action: PanelAction;
  row: Row;
  onDone: (said: string) => void;
  onCancel: () => void;
}) {
  const { action, row, onDone, onCancel } = props;
  const id = useId();
  const [error, setError] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await postJson("/v1/director/actions", bodyOf(action, row, new FormData(event.currentTarget as HTMLFormElement)));
      onDone(`${action.label}: done and recorded.`);
    } catch (refusal) {
      setError(refusal as Refusal);
      setBusy(false);
    }
  };

  return (
    <form class="action-form" onSubmit={submit} aria-label={action.label}>
      {action.input.map(({ name, label, options }) => (
        <p key={name} class="field">
          <label for={`${id}-${name}`}>{label}</label>
          {options === undefined ? (
            <input id={`${id}-${name}`} name={name} required autocomplete="off" />
          ) : (
            <select id={`${id}-${name}`} name={name}>
              {options.map((option) => (
                <option key={option}>{option}</option>
              ))}
            </select>
          )}
        </p>
      ))}
      {action.reasonRequired && (
        <p class="field">
          <label for={`${id}-reason`}>Reason, kept for ever with the act</label>
          <textarea
            id={`${id}-reason`}
            name="reason"
            rows={2}
            required
            minLength={REASON_MIN}
            maxLength={2000}
            ref={(field) => {
              if (field !== null && field.dataset.met === undefined) {
                field.dataset.met = "yes";
                field.focus();
              }
            }}
          />
        </p>
      )}
      {action.confirm === "confirm" && (
        <p class="check">
          <input id={`${id}-sure`} type="checkbox" required />
          <label for={`${id}-sure`}>Yes, I am sure.</label>
        </p>
      )}
      <ProblemNote error={error} />
      <p class="buttons">
        <button type="submit" class={action.danger ? "danger" : "primary"} disabled={busy}>
          {action.label}
        </button>
        <button type="button" onClick={onCancel}>
          Not now
        </button>
      </p>
    </form>
  );
}

function bodyOf(action: PanelAction, row: Row, form: FormData): Record<string, unknown> {
  const fromRow = Object.entries(action.bodyFrom).map(([field, column]) => [field, row[column]]);
  const filledIn = [...form].map(([field, value]) => [field, String(value).trim()]);
  return { ...action.body, ...Object.fromEntries(fromRow), ...Object.fromEntries(filledIn) };
}
