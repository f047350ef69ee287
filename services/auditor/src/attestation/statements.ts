import { REQUIREMENT_STATES } from "@aura/shared/schemas/api/coverage";
import type { DependencyResolution } from "@aura/shared/schemas/dependencies";
import type { Delivery } from "../db/attestation-statements.ts";
import { archiveDigest, packageUrl } from "./package-urls.ts";
import type { TreeDigests } from "./tree-digests.ts";

/** In-toto statements about a delivery. Source: docs/architecture/ATTESTATION.md, which says what each field means here. */

/** How our software comes to be; the page says what the parameters are. */
export const BUILD_TYPE = "urn:aura-orchestra:build-type:run:v1";
const STATEMENT = "https://in-toto.io/Statement/v1";
export const PROVENANCE = "https://slsa.dev/provenance/v1";
export const TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1";

/** Something with a name and digests. Source: in-toto attestation framework, ResourceDescriptor v1. */
export interface Resource {
  readonly name: string;
  readonly uri?: string;
  readonly digest: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

export interface Attested {
  readonly delivery: Delivery;
  /** Name of the product. */
  readonly name: string;
  readonly digests: TreeDigests;
  readonly resolution: DependencyResolution | null;
  readonly sbomSha256: string;
  /** Of this system. */
  readonly version: string;
}

/** What was asked for, who made what out of it with which means, and what was made. */
export function provenance(attested: Attested) {
  const { delivery, version } = attested;
  const { run, prd, deliver_partial } = delivery;
  const { toolchain, base_run_id, provider, model, oversight, strict_policy } = run;
  return statement(attested, PROVENANCE, {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { run_id: run.id, prd_sha256: prd.sha256, toolchain, base_run_id, deliver_partial },
      internalParameters: { provider, model, oversight, strict_policy },
      resolvedDependencies: inputs(attested),
    },
    runDetails: {
      builder: { id: `urn:uuid:${delivery.log_id}`, version: { aura_orchestra: version } },
      metadata: { invocationId: run.id, startedOn: run.started_at, finishedOn: run.finished_at },
      byproducts: byproducts(attested),
    },
  });
}

/** What the Auditor's judgement of exactly this tree said; where there is none, that nothing was run. */
export function testResult(attested: Attested) {
  const { tests } = attested.delivery;
  const of = (...outcomes: string[]) =>
    tests.filter(({ outcome }) => outcomes.includes(outcome)).map((one) => one.test_id);
  return statement(attested, TEST_RESULT, {
    result: resultOf(attested.delivery),
    configuration: configuration(attested),
    ...{ passedTests: of("pass"), warnedTests: of("not_run"), failedTests: of("fail", "error") },
  });
}

/** A partial delivery never passes; it fails where anything that was looked at did, or was not clear. */
function resultOf({ run, verification, tests, requirements }: Delivery): "PASSED" | "WARNED" | "FAILED" {
  if (run.stop_reason === "partial") {
    const isRefused = verification?.outcome === "rejected" || verification?.outcome === "inconclusive";
    const isFailed = tests.some(({ outcome }) => outcome === "fail" || outcome === "error");
    const isOpen = requirements.some(({ state }) => state === "fail" || state === "inconclusive");
    return isRefused || isFailed || isOpen ? "FAILED" : "WARNED";
  }
  const isWhole = tests.length > 0 && tests.every(({ outcome }) => outcome === "pass");
  const isEvidence = requirements.every(({ state }) => state === "pass");
  return isWhole && isEvidence ? "PASSED" : "WARNED";
}

function statement({ name, digests }: Attested, predicateType: string, predicate: object) {
  return { _type: STATEMENT, subject: [{ name, digest: { ...digests } }], predicateType, predicate };
}

function inputs({ delivery, resolution }: Attested): Resource[] {
  const { prd, plan, suite, base } = delivery;
  const packages = (resolution?.packages ?? []).map((one) => ({
    name: one.name,
    uri: packageUrl(resolution?.ecosystem ?? "npm", one),
    digest: archiveDigest(one.integrity),
  }));
  return [
    document("prd", prd.sha256, "text/markdown"),
    document("attachments", prd.attachments_sha256, "application/json"),
    ...(plan === null ? [] : [{ ...document("plan", plan.sha256), annotations: { revision: plan.revision } }]),
    ...(suite === null ? [] : [suiteOf(suite)]),
    ...(base === null ? [] : [{ ...document("base-tree", base.tree_sha256), annotations: { run_id: base.run_id } }]),
    ...(resolution === null ? [] : [document("package-layer", resolution.layer_sha256)]),
    ...packages,
  ];
}

function byproducts({ delivery, sbomSha256 }: Attested): Resource[] {
  const { verification, evidence } = delivery;
  return [
    document("sbom.cdx.json", sbomSha256, "application/vnd.cyclonedx+json"),
    ...(verification === null ? [] : [reportOf(verification), ...environmentOf(verification)]),
    ...evidence.map(({ kind, output_sha256 }) => document(`evidence/${kind}`, output_sha256, "text/plain")),
  ];
}

/** The last entry says how it was judged: the report, or else the tree that nobody judged. */
function configuration({ delivery }: Attested): Resource[] {
  const { run, suite, revision, verification } = delivery;
  const stated = { stop_reason: run.stop_reason, ...standOf(delivery) };
  if (verification === null) {
    const judged = { kind: null, outcome: null, detail: "nobody judged exactly this tree by this suite" };
    const tree = document("delivered-tree", revision.tree_sha256);
    return [...(suite === null ? [] : [suiteOf(suite)]), { ...tree, annotations: { ...judged, ...stated } }];
  }
  const { kind, outcome, sandbox_level, auditor, created_at } = verification;
  const judged = { kind, outcome, auditor, created_at, sandbox_level };
  return [
    ...(suite === null ? [] : [suiteOf(suite)]),
    ...environmentOf(verification).map((environment) => ({ ...environment, annotations: { sandbox_level } })),
    { ...reportOf(verification), annotations: { ...judged, ...stated } },
  ];
}

/** Where each requirement stands. */
function standOf({ requirements }: Delivery) {
  const counts = Object.fromEntries(
    REQUIREMENT_STATES.map((state) => [state, requirements.filter((r) => r.state === state).length]),
  );
  return {
    requirements: { total: requirements.length, ...counts },
    verdicts: requirements.map(({ key, priority, state }) => `${key} ${priority} ${state}`),
  };
}

type Judgement = NonNullable<Delivery["verification"]>;

function environmentOf({ environment_sha256 }: Judgement): Resource[] {
  return environment_sha256 === null ? [] : [document("environment", environment_sha256)];
}

function suiteOf({ version, sha256 }: NonNullable<Delivery["suite"]>): Resource {
  return { ...document("acceptance-suite", sha256), annotations: { version } };
}

function reportOf({ report_sha256 }: Judgement): Resource {
  return document("verification-report", report_sha256);
}

function document(name: string, sha256: string, mediaType = "application/json"): Resource {
  return { name, digest: { sha256 }, mediaType };
}
