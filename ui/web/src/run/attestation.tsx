import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import { words } from "../lib/format.ts";
import { Empty, Time } from "../parts/shown.tsx";

type Attestation = NonNullable<DeliveryReport["attestation"]>;

/** What the Auditor signed for those who have neither this system nor its log; or why it signed nothing. */
export function AttestationCard({ report }: { report: DeliveryReport }) {
  const { attestation } = report;
  return (
    <section class="card" aria-labelledby="attestation">
      <h3 id="attestation">Attestation</h3>
      {attestation === null ? (
        <Empty>{whyNone(report)}</Empty>
      ) : (
        <Signed attestation={attestation} isPartial={report.stop_reason === "partial"} />
      )}
    </section>
  );
}

function Signed({ attestation, isPartial }: { attestation: Attestation; isPartial: boolean }) {
  const { links, provenance_sha256, test_result_sha256, sbom_sha256, key_id, key_name, created_at } = attestation;
  return (
    <>
      <p class="lead">
        Signed <Time at={created_at} />.
      </p>
      {isPartial && (
        <p>What is signed says what of this partial delivery was shown and what was not, and never that it passed.</p>
      )}
      <ul class="downloads">
        <Download
          name="Provenance"
          what="how it was made"
          href={`${links.attestation}?statement=provenance`}
          sha256={provenance_sha256}
        />
        <Download
          name="Test result"
          what="what was tested"
          href={`${links.attestation}?statement=test_result`}
          sha256={test_result_sha256}
        />
        <Download name="Bill of materials" what="what is in it" href={links.sbom} sha256={sbom_sha256} />
      </ul>
      <dl class="pairs narrow">
        <div>
          <dt>Key</dt>
          <dd>
            <span class="long">{key_name}</span> <code>{key_id}</code>
          </dd>
        </div>
      </dl>
    </>
  );
}

function Download({ name, what, href, sha256 }: { name: string; what: string; href: string; sha256: string }) {
  return (
    <li>
      <a href={href} download>
        {name}
      </a>{" "}
      <span class="who">
        {what}, <code title={sha256}>{sha256.slice(0, 12)}</code>
      </span>
    </li>
  );
}

function whyNone({ status, stop_reason, finished_at }: DeliveryReport): string {
  if (finished_at === null) return "Nothing is signed before the run delivers. Then it appears here by itself.";
  if (status === "completed")
    return "The Auditor signs within seconds of a delivery. If nothing comes, its /readyz says why.";
  const ending = stop_reason === null ? words(status) : `${words(status)} (${words(stop_reason)})`;
  return `Only a delivery is signed, verified or partial, and this run ended ${ending}.`;
}
