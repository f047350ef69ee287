import type { DashboardData } from "@aura/shared/schemas/api/dashboard";
import type { DashboardPage as PageName, PanelDocument } from "@aura/shared/schemas/panel-document";
import { useEffect } from "preact/hooks";
import { getJson } from "../lib/api.ts";
import { isAbout, useLoaded } from "../lib/loaded.ts";
import { PanelCard } from "../panels/panel.tsx";
import { placesOf } from "../panels/placement.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Empty } from "../parts/shown.tsx";

const POLL_MS = 10_000;

/** A page exactly as its panel document says. */
export function DashboardPage({ page }: { page: PageName }) {
  const document = useLoaded(`document ${page}`, () => getJson<PanelDocument>(`/v1/dashboard/${page}`));
  const topics = (document.value?.panels ?? []).flatMap(({ refresh }) =>
    refresh.mode === "sse" ? refresh.topics : [],
  );
  const data = useLoaded(
    `data ${page}`,
    () => getJson<DashboardData>(`/v1/dashboard/${page}/data`),
    (event) => isAbout(topics, event),
  );
  const places = placesOf(document.value?.panels ?? []);
  const polls = document.value?.panels.some(({ refresh }) => refresh.mode === "poll") === true;
  useEffect(() => {
    if (!polls) return;
    const timer = setInterval(data.reload, POLL_MS);
    return () => clearInterval(timer);
  }, [polls, page]);

  return (
    <>
      <div class="page-head">
        <h1>{document.value?.title ?? "…"}</h1>
        <p>{document.value?.description}</p>
      </div>
      <ProblemNote error={document.error ?? data.error} />
      {document.value === null && document.error === null && <Empty>Reading …</Empty>}
      <div class="grid">
        {document.value?.panels.map((panel) => (
          <PanelCard
            key={panel.id}
            panel={panel}
            place={places.get(panel.id) ?? {}}
            data={data.value?.panels.find(({ id }) => id === panel.id)}
            onDone={data.reload}
          />
        ))}
      </div>
    </>
  );
}
