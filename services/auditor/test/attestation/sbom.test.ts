import type { Tree } from "@aura/shared/models/tree";
import type { DependencyResolution } from "@aura/shared/schemas/dependencies";
import { expect, test } from "vitest";
import { packageGraph } from "../../src/attestation/package-graph.ts";
import { packageUrl } from "../../src/attestation/package-urls.ts";
import { productName } from "../../src/attestation/product-name.ts";
import { billOfMaterials } from "../../src/attestation/sbom.ts";
import { treeDigests } from "../../src/attestation/tree-digests.ts";
import type { Delivery } from "../../src/db/attestation-statements.ts";
import { problems } from "./official-cyclonedx.ts";

const TREE: Tree = new Map([
  ["package.json", Buffer.from('{"name":"@acme/notes","version":"1.2.0","type":"module"}')],
  ["src/main.ts", Buffer.from("export {};\n")],
]);
const DELIVERY = {
  run: { id: "0197f3a4-0000-7000-8000-000000000001", title: "Notes", toolchain: "typescript" },
  revision: { tree_sha256: "ab".repeat(32) },
  verification: { id: "0197f3a4-0000-7000-8000-000000000002", created_at: "2026-11-26T10:00:00Z" },
} as Delivery;

const SHA512 = "ab".repeat(64);
const sri = `sha512-${Buffer.from(SHA512, "hex").toString("base64")}`;
const facts = { registry: "https://registry.example/", layer_sha256: "cd".repeat(32), files: 1, bytes: 1 };
const one = (name: string, version: string, direct: boolean, licence: string | null, integrity = sri) => ({
  ...{ name, version, direct, licence, integrity },
});

function bomOf(
  resolution: DependencyResolution | null,
  metadata: ReadonlyMap<string, Buffer> = new Map(),
  tree = TREE,
) {
  const product = productName(tree, DELIVERY.run.title);
  const graph = resolution === null ? new Map() : packageGraph(resolution.ecosystem, resolution.packages, metadata);
  const contents = {
    delivery: DELIVERY,
    product,
    tree,
    digests: treeDigests(tree),
    resolution,
    graph,
    version: "0.1.0",
  };
  return billOfMaterials(contents);
}

const NPM: DependencyResolution = {
  ...facts,
  ecosystem: "npm",
  packages: [
    one("left", "1.0.0", true, "MIT"),
    one("@scope/right", "2.0.0-rc.1+b", true, "(MIT OR Apache-2.0)"),
    one("deep", "1.0.0", false, "Some words of our own"),
    one("deep", "2.0.0", false, null),
  ],
};
const json = (value: object) => Buffer.from(JSON.stringify(value));
const NPM_LAYER = new Map([
  [
    "node_modules/left/package.json",
    json({ name: "left", version: "1.0.0", dependencies: { deep: "^1", absent: "*" } }),
  ],
  ["node_modules/deep/package.json", json({ name: "deep", version: "1.0.0" })],
  [
    "node_modules/@scope/right/package.json",
    json({ name: "@scope/right", version: "2.0.0-rc.1+b", dependencies: { deep: "^2" } }),
  ],
  [
    "node_modules/@scope/right/node_modules/deep/package.json",
    json({ name: "deep", version: "2.0.0", peerDependencies: { left: "*" } }),
  ],
  ["node_modules/hostile/package.json", Buffer.from("{")],
]);

const PYPI: DependencyResolution = {
  ...facts,
  ecosystem: "pypi",
  packages: [
    one("flask", "3.1.0", true, "BSD-3-Clause", `sha256:${"ef".repeat(32)}`),
    one("jinja2", "3.1.4", false, "BSD-3-Clause", `sha256:${"ef".repeat(32)}`),
    one("greenlet", "3.0.0", false, null, "unknown"),
  ],
};
const PYPI_LAYER = new Map([
  [
    "flask-3.1.0.dist-info/METADATA",
    Buffer.from(
      "Name: Flask\nVersion: 3.1.0\nRequires-Dist: Jinja2 (>=3.1)\nRequires-Dist: greenlet>=1; extra == 'async'\n\nRequires-Dist: jinja2\n",
    ),
  ],
]);

test.each([
  ["no packages", bomOf(null)],
  ["packages of npm", bomOf(NPM, NPM_LAYER)],
  ["packages of PyPI", bomOf(PYPI, PYPI_LAYER, new Map())],
])("the official schema of CycloneDX 1.6 admits a bill of materials with %s", (_, bom) => {
  expect(problems(bom)).toEqual([]);
});

test("the official schema is in force: it refuses another format, an unknown field and a broken hash", () => {
  const bom = bomOf(NPM, NPM_LAYER);
  for (const broken of [
    { ...bom, bomFormat: "Another" },
    { ...bom, more: 1 },
    { ...bom, serialNumber: "urn:uuid:1" },
  ])
    expect(problems(broken)).not.toEqual([]);
  const component = { ...bom.components[0], hashes: [{ alg: "SHA-512", content: "zz" }] };
  expect(problems({ ...bom, components: [component] })).not.toEqual([]);
});

test("it names the product as its manifest does, its files, and packages with address, licence and hash", () => {
  const bom = bomOf(NPM, NPM_LAYER);
  expect(bom.metadata.component).toMatchObject({ name: "@acme/notes", version: "1.2.0", hashes: [{ alg: "SHA-256" }] });
  expect(bom.metadata.component.components.map(({ name }) => name)).toEqual(["package.json", "src/main.ts"]);
  expect(bom.components).toMatchObject([
    { purl: "pkg:npm/left@1.0.0", licenses: [{ expression: "MIT" }], hashes: [{ alg: "SHA-512", content: SHA512 }] },
    {
      group: "@scope",
      name: "right",
      purl: "pkg:npm/%40scope/right@2.0.0-rc.1%2Bb",
      licenses: [{ expression: "(MIT OR Apache-2.0)" }],
    },
    { name: "deep", licenses: [{ license: { name: "Some words of our own" } }] },
    { name: "deep", version: "2.0.0" },
  ]);
  expect(bom.components[3]).not.toHaveProperty("licenses");
  expect(bomOf(PYPI, PYPI_LAYER).components.map(({ hashes }) => hashes)).toEqual([
    [{ alg: "SHA-256", content: "ef".repeat(32) }],
    [{ alg: "SHA-256", content: "ef".repeat(32) }],
    [],
  ]);
});

test("it tells who uses whom, as Node and pip would find it, and which of it may be missing", () => {
  const usesOf = (bom: ReturnType<typeof bomOf>) =>
    Object.fromEntries(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const right = packageUrl("npm", { name: "@scope/right", version: "2.0.0-rc.1+b" });
  expect(usesOf(bomOf(NPM, NPM_LAYER))).toEqual({
    product: [right, "pkg:npm/left@1.0.0"],
    "pkg:npm/left@1.0.0": ["pkg:npm/deep@1.0.0"],
    [right]: ["pkg:npm/deep@2.0.0"],
    "pkg:npm/deep@1.0.0": [],
    "pkg:npm/deep@2.0.0": ["pkg:npm/left@1.0.0"],
  });
  const wheels = bomOf(PYPI, PYPI_LAYER);
  expect(usesOf(wheels)).toMatchObject({
    "pkg:pypi/flask@3.1.0": ["pkg:pypi/jinja2@3.1.4"],
    "pkg:pypi/greenlet@3.0.0": [],
  });
  expect(wheels.compositions.at(-1)).toMatchObject({ aggregate: "incomplete" });
});

test("the same delivery gives the same bill, another one has another number", () => {
  expect(bomOf(NPM, NPM_LAYER)).toEqual(bomOf(NPM, NPM_LAYER));
  const { serialNumber } = bomOf(null);
  const other = { ...DELIVERY, revision: { ...DELIVERY.revision, tree_sha256: "00".repeat(32) } };
  const contents = { delivery: other, product: productName(TREE, ""), tree: TREE, digests: treeDigests(TREE) };
  const bill = billOfMaterials({ ...contents, resolution: null, graph: new Map(), version: "0.1.0" });
  expect(bill.serialNumber).not.toBe(serialNumber);
});

test.each([
  [
    "pyproject.toml",
    '[build-system]\nname = "no"\n[project]\nname = "tally"\nversion = "0.3"\n[tool.x]\nversion = "9"\n',
    { name: "tally", version: "0.3" },
  ],
  ["pyproject.toml", "[project]\ndynamic = ['version']\nname = 'tally'\n", { name: "tally", version: null }],
  ["package.json", '{"name":"a b; <script>","version":"1"}', { name: "my-notes-2", version: null }],
  ["package.json", "{", { name: "my-notes-2", version: null }],
  ["other", "", { name: "my-notes-2", version: null }],
])("a product is named by its %s only where that is a name: %s", (path, text, name) => {
  expect(productName(new Map([[path, Buffer.from(text)]]), "My Nötes, 2")).toEqual(name);
});
