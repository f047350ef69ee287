import { useState } from "preact/hooks";
import { postJson, type Refusal } from "../lib/api.ts";
import { go } from "../lib/router.ts";
import { session } from "../lib/session.ts";
import { ProblemNote } from "../parts/problem.tsx";

const OVERSIGHTS = [
  ["supervised", "Supervised", "The plan and the delivery wait for you."],
  ["locked", "Locked", "The plan, every landing and the delivery wait for you."],
  ["autonomous", "Autonomous", "Policy approves in your place, and that is recorded."],
] as const;

/** Hands a PRD in. */
export function NewRunPage() {
  const [error, setError] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [body, setBody] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const run = await postJson<{ id: string }>(
        "/v1/runs",
        wishOf(new FormData(event.currentTarget as HTMLFormElement)),
      );
      go("runs", run.id);
    } catch (refusal) {
      setError(refusal as Refusal);
      setBusy(false);
    }
  };
  if (session.value?.role !== "director") return <p class="empty">Only a key with role director starts runs.</p>;
  return (
    <>
      <div class="page-head">
        <h1>Start a run</h1>
        <p>
          From a product requirements document to software whose every requirement is proved, or named as not proved.
        </p>
      </div>
      <form class="card new-run" onSubmit={submit}>
        <div class="field">
          <label for="project">Project</label>
          <input
            id="project"
            name="project"
            required
            maxLength={80}
            autocomplete="off"
            aria-describedby="project-hint"
          />
          <p class="hint" id="project-hint">
            A name; made when it is new.
          </p>
        </div>
        <div class="field">
          <label for="title">Title</label>
          <input id="title" name="title" maxLength={300} autocomplete="off" aria-describedby="title-hint" />
          <p class="hint" id="title-hint">
            Without one the first heading of the PRD is taken.
          </p>
        </div>
        <div class="field wide">
          <label for="body">PRD, in Markdown</label>
          <textarea
            id="body"
            name="body"
            rows={16}
            required
            value={body}
            onInput={(event) => setBody(event.currentTarget.value)}
            spellcheck={false}
          />
          <p class="hint">
            <label class="file">
              Or take a file:{" "}
              <input
                type="file"
                accept=".md,.markdown,.txt,text/markdown,text/plain"
                onChange={(event) => void event.currentTarget.files?.[0]?.text().then(setBody)}
              />
            </label>
          </p>
        </div>
        <fieldset class="wide">
          <legend>Oversight</legend>
          {OVERSIGHTS.map(([value, label, meaning]) => (
            <label key={value} class="choice">
              <input type="radio" name="oversight" value={value} defaultChecked={value === "supervised"} />
              <span>
                <strong>{label}</strong> {meaning}
              </span>
            </label>
          ))}
        </fieldset>
        <div class="field">
          <label for="usd">Budget in USD</label>
          <input
            id="usd"
            name="usd"
            inputMode="decimal"
            pattern="\d{1,8}(\.\d{1,6})?"
            autocomplete="off"
            aria-describedby="budget-hint"
          />
        </div>
        <div class="field">
          <label for="tokens">Budget in tokens</label>
          <input
            id="tokens"
            name="tokens"
            inputMode="numeric"
            pattern="\d{1,12}"
            autocomplete="off"
            aria-describedby="budget-hint"
          />
        </div>
        <p class="hint wide" id="budget-hint">
          Empty: the configured default. 0: nothing may be spent.
        </p>
        <details class="wide">
          <summary>Provider, model, toolchain</summary>
          <div class="pair">
            <div class="field">
              <label for="provider">Provider</label>
              <input id="provider" name="provider" autocomplete="off" placeholder="the configured one" />
            </div>
            <div class="field">
              <label for="model">Model</label>
              <input id="model" name="model" autocomplete="off" placeholder="the configured one" />
            </div>
            <div class="field">
              <label for="toolchain">Toolchain</label>
              <input id="toolchain" name="toolchain" autocomplete="off" placeholder="python" />
            </div>
          </div>
        </details>
        <div class="wide">
          <ProblemNote error={error} />
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Starting …" : "Start the run"}
          </button>
        </div>
      </form>
    </>
  );
}

/** The request, without what was left empty. */
function wishOf(form: FormData): Record<string, unknown> {
  const text = (name: string) => {
    const value = String(form.get(name) ?? "").trim();
    return value === "" ? undefined : value;
  };
  const tokens = text("tokens");
  const budget = { usd: text("usd"), tokens: tokens === undefined ? undefined : Number(tokens) };
  return {
    project: text("project"),
    prd: { title: text("title"), body: String(form.get("body")) },
    oversight: text("oversight"),
    budget: budget.usd === undefined && budget.tokens === undefined ? undefined : budget,
    provider: text("provider"),
    model: text("model"),
    toolchain: text("toolchain"),
  };
}
