import { findToolchain } from "@aura/shared/models/toolchains";
import { inScope, type Tree } from "@aura/shared/models/tree";
import type { DependencyResolution } from "@aura/shared/schemas/dependencies";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import { normalName } from "../dependencies/package-names.ts";
import { excerpt, finding } from "./findings.ts";

/**
 * Whoever installs the delivered software gets the versions that it was verified with: the task in whose scope the
 * manifest lies must name exactly the plan's packages there, in the versions that were fetched.
 *
 * @param resolution null: the plan has no dependencies, and the manifest is the product's own business
 */
export function manifestFindings(
  toolchain: string,
  resolution: DependencyResolution | null,
  tree: Tree,
  scope: readonly string[],
): Finding[] {
  const manifest = findToolchain(toolchain)?.manifest;
  if (resolution === null || manifest === undefined || !inScope(manifest, scope)) return [];
  const wanted = new Map(resolution.packages.filter((one) => one.direct).map(({ name, version }) => [name, version]));
  const text = tree.get(manifest)?.toString("utf8") ?? null;
  const named = text === null ? null : resolution.ecosystem === "npm" ? npmManifest(text) : pipManifest(text);
  if (typeof named !== "string" && named !== null && isSame(named, wanted)) return [];
  const lines = [...wanted].map(([name, version]) =>
    resolution.ecosystem === "npm" ? `"${name}": "${version}"` : `${name}==${version}`,
  );
  const found = text === null ? "It is missing." : typeof named === "string" ? named : `It says: ${excerpt(text, 300)}`;
  const message = `${manifest} must name exactly the plan's dependencies in the versions that are installed: ${lines.join(", ")}. ${found}`;
  return [finding("manifest_differs", manifest, message)];
}

function isSame(named: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean {
  return named.size === wanted.size && [...wanted].every(([name, version]) => named.get(name) === version);
}

const Packages = z.record(z.string(), z.string()).default({});
const NpmManifest = z.object({
  dependencies: Packages,
  devDependencies: Packages,
  optionalDependencies: Packages,
  peerDependencies: Packages,
});

function npmManifest(text: string): ReadonlyMap<string, string> | string {
  try {
    const { dependencies, ...others } = NpmManifest.parse(JSON.parse(text));
    const more = Object.values(others).flatMap((packages) => Object.keys(packages));
    return more.length > 0
      ? `It names ${more.join(", ")} outside dependencies.`
      : new Map(Object.entries(dependencies));
  } catch {
    return "It is no package.json.";
  }
}

/** One `name==version` a line, comments and empty lines apart. */
function pipManifest(text: string): ReadonlyMap<string, string> | string {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, "").trim());
  const named = new Map<string, string>();
  for (const line of lines.filter(Boolean)) {
    const [, name, version] = /^([A-Za-z0-9._-]+)\s*==\s*([^\s;]+)$/.exec(line) ?? [];
    if (name === undefined || version === undefined) return `The line ${excerpt(line, 80)} is not name==version.`;
    named.set(normalName("pypi", name), version);
  }
  return named;
}
