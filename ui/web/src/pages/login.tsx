import { useState } from "preact/hooks";
import type { Refusal } from "../lib/api.ts";
import { logIn } from "../lib/session.ts";
import { ProblemNote } from "../parts/problem.tsx";

/** Takes a key once; from then on the browser holds a cookie that no script reads. */
export function LoginPage() {
  const [error, setError] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const form = new FormData(event.currentTarget as HTMLFormElement);
    await logIn(String(form.get("key")).trim()).catch((refusal: Refusal) => setError(refusal));
    setBusy(false);
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit}>
        <h1>
          <img src="/favicon.svg" alt="" width="36" height="36" /> Aura_Orchestra
        </h1>
        <p>The Director's dashboard: from requirements to verified software, under your eyes.</p>
        <p class="field">
          <label for="key">API key</label>
          <input id="key" name="key" type="password" autocomplete="current-password" required />
        </p>
        <ProblemNote error={error} />
        <button type="submit" class="primary" disabled={busy}>
          Log in
        </button>
        <p class="hint">
          The Director's key is MANAGER_API_KEY. With npm start it stands in <code>.aura/runtime.json</code>. A session
          lasts 12 hours and ends when the Manager restarts.
        </p>
      </form>
    </main>
  );
}
