import { sha256Hex } from "@aura/shared/models/canonical-json";
import { derivedId } from "@aura/shared/models/ids";
import { type Tree, treeEntries } from "@aura/shared/models/tree";
import type { DependencyResolution, ResolvedPackage } from "@aura/shared/schemas/dependencies";
import type { Delivery } from "../db/attestation-statements.ts";
import { isSpdxExpression } from "../dependencies/licences.ts";
import { idOf } from "./package-graph.ts";
import { archiveDigest, packageUrl } from "./package-urls.ts";
import type { ProductName } from "./product-name.ts";
import type { TreeDigests } from "./tree-digests.ts";

const ALGORITHMS = { sha256: "SHA-256", sha512: "SHA-512" } as const;
const PRODUCT = "product";

export interface Contents {
  readonly delivery: Delivery;
  readonly product: ProductName;
  readonly tree: Tree;
  readonly digests: TreeDigests;
  readonly resolution: DependencyResolution | null;
  /** By `name@version`, what each package uses. */
  readonly graph: ReadonlyMap<string, ReadonlySet<string>>;
  /** Of this system. */
  readonly version: string;
}

/**
 * Bill of materials of delivered software: its files, the packages that it was built with, and who uses which. Nothing in it
 * depends on when it is made. Source: CycloneDX 1.6.
 */
export function billOfMaterials(contents: Contents) {
  const { delivery, resolution, version } = contents;
  const packages = resolution?.packages ?? [];
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${derivedId("sbom", delivery.run.id, delivery.revision.tree_sha256)}`,
    version: 1,
    metadata: {
      timestamp: delivery.verification?.created_at ?? delivery.run.finished_at,
      tools: { components: [{ type: "application", name: "Aura_Orchestra", version }] },
      component: productComponent(contents),
      properties: [
        property("run_id", delivery.run.id),
        ...(delivery.verification === null ? [] : [property("verification_id", delivery.verification.id)]),
        property("toolchain", delivery.run.toolchain),
      ],
    },
    components: packages.map((one) => packageComponent(resolution?.ecosystem ?? "npm", one)),
    dependencies: relations(contents),
    compositions: [{ aggregate: "complete", assemblies: [PRODUCT] }, ...knownRelations(resolution)],
  };
}

function productComponent({ product, tree, digests }: Contents) {
  return {
    type: "application",
    "bom-ref": PRODUCT,
    name: product.name,
    ...(product.version === null ? {} : { version: product.version }),
    hashes: [{ alg: ALGORITHMS.sha256, content: digests.sha256 }],
    properties: [property("dirHash", digests.dirHash), property("gitTree", digests.gitTree)],
    components: treeEntries(tree).map(({ path, sha256 }) => ({
      type: "file",
      "bom-ref": `file/${sha256Hex(path).slice(0, 32)}`,
      name: path,
      hashes: [{ alg: ALGORITHMS.sha256, content: sha256 }],
    })),
  };
}

function packageComponent(ecosystem: DependencyResolution["ecosystem"], one: ResolvedPackage) {
  const [, scope, name] = /^(@[^/]+)\/(.+)$/.exec(one.name) ?? [null, null, one.name];
  const purl = packageUrl(ecosystem, one);
  const hashes = Object.entries(archiveDigest(one.integrity));
  return {
    type: "library",
    "bom-ref": purl,
    ...(scope === null ? {} : { group: scope }),
    name,
    version: one.version,
    scope: "required",
    hashes: hashes.map(([alg, content]) => ({ alg: ALGORITHMS[alg as keyof typeof ALGORITHMS], content })),
    ...(one.licence === null ? {} : { licenses: [licenceOf(one.licence)] }),
    purl,
  };
}

/** As the package declares it. */
function licenceOf(licence: string) {
  const acknowledgement = "declared";
  return isSpdxExpression(licence)
    ? { expression: licence, acknowledgement }
    : { license: { name: licence, acknowledgement } };
}

function relations({ resolution, graph }: Contents) {
  if (resolution === null) return [{ ref: PRODUCT, dependsOn: [] }];
  const { ecosystem, packages } = resolution;
  const refs = new Map(packages.map((one) => [idOf(one), packageUrl(ecosystem, one)]));
  const direct = packages.filter((one) => one.direct).map((one) => packageUrl(ecosystem, one));
  const used = (one: ResolvedPackage) => [...(graph.get(idOf(one)) ?? [])].flatMap((id) => refs.get(id) ?? []);
  return [
    { ref: PRODUCT, dependsOn: direct.sort() },
    ...packages.map((one) => ({ ref: packageUrl(ecosystem, one), dependsOn: used(one).sort() })),
  ];
}

/** What an extra of a wheel asks for is not told apart, so there some relation may be missing. */
function knownRelations(resolution: DependencyResolution | null) {
  if (resolution === null || resolution.packages.length === 0) return [];
  const { ecosystem, packages } = resolution;
  const dependencies = packages.map((one) => packageUrl(ecosystem, one));
  return [{ aggregate: ecosystem === "npm" ? "complete" : "incomplete", dependencies }];
}

function property(name: string, value: string) {
  return { name: `aura_orchestra:${name}`, value };
}
