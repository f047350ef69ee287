import { useEffect, useState } from "preact/hooks";
import type { Refusal } from "./lib/api.ts";
import { follow } from "./lib/live.ts";
import { route } from "./lib/router.ts";
import { recallSession, session } from "./lib/session.ts";
import { AgentsPage } from "./pages/agents.tsx";
import { AuditorPage } from "./pages/auditor.tsx";
import { DashboardPage } from "./pages/dashboard.tsx";
import { LoginPage } from "./pages/login.tsx";
import { NewRunPage } from "./pages/new-run.tsx";
import { Shell } from "./pages/shell.tsx";
import { ProblemNote } from "./parts/problem.tsx";
import { RunPage } from "./run/run-page.tsx";

/** The page for whoever is logged in; for nobody the question for a key. */
export function App() {
  const [error, setError] = useState<Refusal | null>(null);
  useEffect(() => {
    recallSession().catch(setError);
  }, []);
  const who = session.value;
  const isIn = who !== undefined && who !== null;
  useEffect(() => {
    if (!isIn) return;
    const stop = new AbortController();
    void follow(stop.signal);
    return () => stop.abort();
  }, [isIn]);

  if (error !== null) return <ProblemNote error={error} />;
  if (who === undefined) return null;
  if (who === null) return <LoginPage />;
  return (
    <Shell>
      <Content />
    </Shell>
  );
}

function Content() {
  const [page = "overview", ...rest] = route.value;
  switch (page) {
    case "overview":
    case "monitoring":
    case "intervention":
      return <DashboardPage key={page} page={page} />;
    case "new":
      return <NewRunPage />;
    case "runs":
      return <RunPage key={rest[0]} run_id={rest[0] ?? ""} view={rest.slice(1)} />;
    case "agents":
      return <AgentsPage chosen={rest[0]} />;
    case "auditor":
      return <AuditorPage />;
    default:
      return (
        <p class="empty">
          There is no page of this name. <a href="#/">Go to the overview.</a>
        </p>
      );
  }
}
