import type { Ecosystem, ResolvedPackage } from "@aura/shared/schemas/dependencies";
import { z } from "zod";
import { normalName } from "../dependencies/package-names.ts";

/** Files of a layer that say what a package needs. */
export function isPackageMetadata(path: string): boolean {
  return /^[^/]+\.dist-info\/METADATA$/.test(path) || /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(path);
}

const NodePackage = z.object({
  name: z.string(),
  version: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
  peerDependencies: z.record(z.string(), z.string()).default({}),
});
type NodePackage = z.infer<typeof NodePackage>;

/**
 * Which package of a layer uses which other one, each as `name@version`. What a package asks for and was not fetched (for another
 * platform, or optional) is left out.
 *
 * @param metadata of the layer, by path: hostile text, read as data
 */
export function packageGraph(
  ecosystem: Ecosystem,
  packages: readonly ResolvedPackage[],
  metadata: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map(packages.map((one) => [idOf(one), new Set<string>()]));
  const uses = ecosystem === "npm" ? nodeUses(metadata) : wheelUses(packages, metadata);
  for (const [user, used] of uses) if (graph.has(used) && user !== used) graph.get(user)?.add(used);
  return graph;
}

export function idOf({ name, version }: Pick<ResolvedPackage, "name" | "version">): string {
  return `${name}@${version}`;
}

/** As Node finds a package: in the nearest node_modules from the folder of the one that asks. */
function* nodeUses(metadata: ReadonlyMap<string, Buffer>): Generator<[string, string]> {
  const installed = new Map<string, NodePackage>();
  for (const [path, body] of metadata) {
    const parsed = NodePackage.safeParse(jsonOf(body));
    if (parsed.success) installed.set(path.slice(0, -"/package.json".length), parsed.data);
  }
  for (const [folder, one] of installed) {
    const asked = { ...one.peerDependencies, ...one.optionalDependencies, ...one.dependencies };
    for (const name of Object.keys(asked)) {
      const found = nearest(installed, folder, name);
      if (found !== undefined) yield [idOf(one), idOf(found)];
    }
  }
}

function nearest(installed: ReadonlyMap<string, NodePackage>, folder: string, name: string): NodePackage | undefined {
  for (let at = folder; ; at = at.slice(0, Math.max(0, at.lastIndexOf("/")))) {
    const found = installed.get(`${at === "" ? "" : `${at}/`}node_modules/${name}`);
    if (found !== undefined || at === "") return found;
  }
}

/** Requirements of an extra count only where something else asks for it, which is not told here: they are left out. */
function* wheelUses(
  packages: readonly ResolvedPackage[],
  metadata: ReadonlyMap<string, Buffer>,
): Generator<[string, string]> {
  const versions = new Map(packages.map(({ name, version }) => [name, version]));
  for (const body of metadata.values()) {
    const head = body.toString("utf8").split(/\r?\n\r?\n/, 1)[0] ?? "";
    const user = normalName("pypi", /^Name: (.+)$/m.exec(head)?.[1]?.trim() ?? "");
    for (const [, name = "", marker = ""] of head.matchAll(/^Requires-Dist: ([A-Za-z0-9._-]+)([^\r\n]*)$/gm)) {
      const used = normalName("pypi", name);
      if (!/;.*\bextra\s*==/.test(marker)) yield [`${user}@${versions.get(user)}`, `${used}@${versions.get(used)}`];
    }
  }
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return null;
  }
}
