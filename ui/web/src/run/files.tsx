import type { Run } from "@aura/shared/schemas/api/run";
import type { FileList } from "@aura/shared/schemas/api/software";
import { getJson, getText } from "../lib/api.ts";
import { useLoaded } from "../lib/loaded.ts";
import { linkTo } from "../lib/router.ts";
import { ProblemNote } from "../parts/problem.tsx";
import { Scroll } from "../parts/scroll.tsx";
import { Empty, Time } from "../parts/shown.tsx";

/** The best tree so far: delivered, else landed, else the best attempt. The address names the open file. */
export function Files({ run, path }: { run: Run; path: string | null }) {
  const list = useLoaded(
    `files ${run.id}`,
    () => getJson<FileList>(`/v1/runs/${run.id}/files?revision=best&limit=1000`),
    (event) => event.run_id === run.id && ["revision", "run", "verification"].includes(event.subject_type ?? ""),
  );
  const files = list.value?.data ?? [];
  const revision = list.value?.revision ?? null;
  return (
    <section class="card">
      <h2>Files</h2>
      <ProblemNote error={list.error} />
      {list.value !== null && revision === null && (
        <Empty>No code has been written yet. It appears here with the first judged attempt.</Empty>
      )}
      {revision !== null && (
        <p class="who">
          {revision.message || revision.label}, <Time at={revision.created_at} />, tree{" "}
          <code>{revision.tree_sha256.slice(0, 12)}</code>{" "}
          <a href={`/v1/runs/${run.id}/software.tar.gz?revision=best`} download>
            Download with its report
          </a>
          <Signed links={run.links} />
        </p>
      )}
      <div class="files">
        <ul aria-label="Files">
          {files.map((file) => (
            <li key={file.path}>
              <a
                href={`${linkTo("runs", run.id, "files")}/${file.path.split("/").map(encodeURIComponent).join("/")}`}
                {...(file.path === path ? { "aria-current": "true" as const } : {})}
              >
                {file.path}
              </a>{" "}
              <span class="who">{file.size} B</span>
            </li>
          ))}
        </ul>
        {path !== null && revision !== null && <FileText run_id={run.id} path={path} tree={revision.tree_sha256} />}
      </div>
    </section>
  );
}

/** What the Auditor signed about a delivery; nothing where there is none. */
function Signed({ links: { attestation, sbom } }: { links: Run["links"] }) {
  if (attestation === undefined || sbom === undefined) return null;
  return (
    <>
      ,{" "}
      <a href={attestation} download>
        attestation
      </a>{" "}
      and{" "}
      <a href={sbom} download>
        bill of materials
      </a>
    </>
  );
}

function FileText({ run_id, path, tree }: { run_id: string; path: string; tree: string }) {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  const { value, error } = useLoaded(`file ${run_id} ${tree} ${path}`, () =>
    getText(`/v1/runs/${run_id}/files/${encoded}?revision=best`),
  );
  if (error !== null) return <ProblemNote error={error} />;
  return (
    <Scroll kind="code-box" label={path}>
      <pre class="code">{value ?? "Reading …"}</pre>
    </Scroll>
  );
}
