import type { PanelAction } from "@aura/shared/schemas/panel-document";
import { useState } from "preact/hooks";
import { session } from "../lib/session.ts";
import { ActionForm, isOffered, type Row } from "./action-form.tsx";

interface ActionsProps {
  readonly actions: readonly PanelAction[];
  readonly row: Row;
  /** Something waits for the first of them. */
  readonly urgent?: boolean;
  readonly onDone: () => void;
}

/** The buttons of a row, and below them the form of the one that was pressed. */
export function Actions({ actions, row, urgent = false, onDone }: ActionsProps) {
  const [chosen, setChosen] = useState<PanelAction | null>(null);
  const [said, setSaid] = useState("");
  const role = session.value?.role;
  const mine = actions.filter((action) => role !== undefined && action.roles.includes(role) && isOffered(action, row));
  if (mine.length === 0) return <p class="hint">Only a key with role director acts here.</p>;
  return (
    <div class="actions">
      <p class="buttons">
        {mine.map((action, at) => (
          <button
            key={action.id}
            type="button"
            class={action.danger ? "danger" : at === 0 && urgent ? "primary" : ""}
            aria-expanded={chosen?.id === action.id}
            onClick={() => {
              setSaid("");
              setChosen(chosen?.id === action.id ? null : action);
            }}
          >
            {action.label}
          </button>
        ))}
      </p>
      {chosen !== null && (
        <ActionForm
          key={chosen.id}
          action={chosen}
          row={row}
          onCancel={() => setChosen(null)}
          onDone={(text) => {
            setChosen(null);
            setSaid(text);
            onDone();
          }}
        />
      )}
      <p role="status" class="said">
        {said}
      </p>
    </div>
  );
}
