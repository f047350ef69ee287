import { signEnvelope } from "@aura/shared/ledger/dsse";
import type { Signer } from "@aura/shared/ledger/notes";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { derivedId } from "@aura/shared/models/ids";
import { putBlobs, readBlobs, readJson, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { readResolution } from "@aura/shared/postgres/plan-dependencies";
import type { DependencyResolution } from "@aura/shared/schemas/dependencies";
import { z } from "zod";
import { type Delivery, readDelivery, recordAttestation } from "../db/attestation-statements.ts";
import { isPackageMetadata, packageGraph } from "./package-graph.ts";
import { productName } from "./product-name.ts";
import { billOfMaterials } from "./sbom.ts";
import { type Attested, provenance, testResult } from "./statements.ts";
import { treeDigests } from "./tree-digests.ts";

const ENVELOPE = "application/vnd.dsse.envelope.v1+json";
const SBOM = "application/vnd.cyclonedx+json";

export interface Attester {
  readonly db: Queryable;
  readonly holder: string;
  readonly key: Signer;
  /** Of this system. */
  readonly version: string;
}

/**
 * Signs what is known about the delivery of a run, and puts it on record. The same delivery, key and version give the same bytes, so
 * it may be done again after a crash.
 *
 * @returns null when done; else why the database refused it
 * @throws {NotKept} where something that it speaks of was erased
 */
export async function attest({ db, holder, key, version }: Attester, runId: string): Promise<string | null> {
  const delivery = await readDelivery(db, runId);
  if (delivery === null) return "nothing_delivered";
  const { sbom, attested } = await describeDelivery(db, delivery, version);
  const envelopes = [provenance, testResult].map((statement) => {
    const payload = Buffer.from(canonicalJson(statement({ ...attested, sbomSha256: sbom.sha256 })));
    return { body: Buffer.from(signEnvelope(payload, key)), media_type: ENVELOPE };
  });
  const [provenance_sha256 = "", test_result_sha256 = ""] = await putBlobs(db, envelopes);
  const { code } = await recordAttestation(db, holder, {
    ...{ id: derivedId("attestation", runId), run_id: runId, verification_id: delivery.verification?.id ?? null },
    ...{ provenance_sha256, test_result_sha256, sbom_sha256: sbom.sha256, verifier_key: key.verifier.text },
  });
  return code;
}

async function describeDelivery(db: Queryable, delivery: Delivery, version: string) {
  const tree = await readTree(db, delivery.revision.tree_sha256);
  const [digests, product] = [treeDigests(tree), productName(tree, delivery.run.title)];
  const resolution = delivery.plan === null ? null : await readResolution(db, delivery.plan.id);
  const graph = await readGraph(db, resolution);
  const contents = { delivery, product, tree, digests, resolution, graph, version };
  const body = Buffer.from(canonicalJson(billOfMaterials(contents)));
  const [sha256 = ""] = await putBlobs(db, [{ body, media_type: SBOM }]);
  const attested: Omit<Attested, "sbomSha256"> = { delivery, name: product.name, digests, resolution, version };
  return { sbom: { sha256 }, attested };
}

const LayerManifest = z.array(z.object({ path: z.string(), sha256: z.string() }));

/** Reads only the files of the layer that say who uses whom. */
async function readGraph(db: Queryable, resolution: DependencyResolution | null) {
  if (resolution === null) return new Map<string, Set<string>>();
  const files = await readJson(db, resolution.layer_sha256, LayerManifest);
  const wanted = files.filter(({ path }) => isPackageMetadata(path));
  const bodies = await readBlobs(
    db,
    wanted.map(({ sha256 }) => sha256),
  );
  const metadata = new Map(
    wanted.flatMap(({ path, sha256 }) => {
      const body = bodies.get(sha256);
      return body === undefined ? [] : [[path, body] as const];
    }),
  );
  return packageGraph(resolution.ecosystem, resolution.packages, metadata);
}
