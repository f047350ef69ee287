import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { counted } from "../lib/format.ts";
import { Share } from "../parts/measure.tsx";
import { Empty } from "../parts/shown.tsx";

type Reached = NonNullable<NonNullable<DeliveryReport["verification"]>["coverage"]>;

/** Files shown at once; the others fold. */
const FILES_SHOWN = 8;

/** How much of the product its tests reached, by file, and by name what they did not. */
export function ReachedCard({ coverage }: { coverage: Reached | null }) {
  return (
    <section class="card" aria-labelledby="reached">
      <h3 id="reached">What the tests reached</h3>
      {coverage === null || coverage.functions === 0 ? (
        <Empty>
          {coverage === null
            ? "This judgement did not measure it."
            : "No test that passed reached a function of the product."}
        </Empty>
      ) : (
        <Known coverage={coverage} />
      )}
    </section>
  );
}

function Known({ coverage: { functions, functions_reached, files, unreached } }: { coverage: Reached }) {
  const sorted = files.toSorted((a, b) => missingIn(b) - missingIn(a));
  const more = sorted.slice(FILES_SHOWN);
  return (
    <>
      <p class="lead">
        {functions_reached} of {functions} functions, as the product's own processes say.
      </p>
      <Files files={sorted.slice(0, FILES_SHOWN)} />
      {more.length > 0 && (
        <details>
          <summary>{counted(more.length, "more file")}</summary>
          <Files files={more} />
        </details>
      )}
      {unreached.length > 0 && <Unreached functions={unreached} of={functions - functions_reached} />}
    </>
  );
}

function Files({ files }: { files: Reached["files"] }) {
  return (
    <ul class="file-shares">
      {files.map((file) => (
        <li key={file.path}>
          <span class="long">{file.path}</span>
          <Share part={file.functions_reached} of={file.functions} level={missingIn(file) === 0 ? "good" : "warn"} />
        </li>
      ))}
    </ul>
  );
}

function Unreached({ functions, of }: { functions: Reached["unreached"]; of: number }) {
  const byPath = [...Map.groupBy(functions, ({ path }) => path)];
  return (
    <>
      <h4>No test reached</h4>
      <dl class="unreached">
        {byPath.map(([path, own]) => (
          <div key={path}>
            <dt class="long">{path}</dt>
            <dd>
              {own.map(({ name, line }, at) => (
                <span key={line}>
                  {at > 0 && ", "}
                  <code>{name}</code>
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      {of > functions.length && (
        <p class="hint">
          These are the first {functions.length} of {of}.
        </p>
      )}
    </>
  );
}

const missingIn = (file: Reached["files"][number]) => file.functions - file.functions_reached;
