import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type DependencyRules, isListed } from "./rules.ts";

const Specs = z.record(z.string(), z.string()).catch({});

/** One version in a packument, as far as npm needs it to resolve and as far as it is checked. */
const Version = z.object({
  name: z.string(),
  version: z.string(),
  license: z.unknown().optional(),
  scripts: z.record(z.string(), z.unknown()).catch({}),
  hasInstallScript: z.boolean().catch(false),
  dependencies: Specs,
  optionalDependencies: Specs,
  peerDependencies: Specs,
  peerDependenciesMeta: z.record(z.string(), z.unknown()).catch({}),
  bundleDependencies: z.unknown().optional(),
  bundledDependencies: z.unknown().optional(),
  engines: z.unknown().optional(),
  os: z.array(z.string()).optional().catch(undefined),
  cpu: z.array(z.string()).optional().catch(undefined),
  libc: z.array(z.string()).optional().catch(undefined),
  dist: z.object({ tarball: z.string(), integrity: z.string().optional().catch(undefined) }),
});
type Version = z.infer<typeof Version>;

export const Packument = z.object({
  name: z.string(),
  "dist-tags": Specs,
  time: Specs,
  versions: z.record(z.string(), z.unknown()),
});
export type Packument = z.infer<typeof Packument>;

/** An archive that may be fetched. */
export interface Archive {
  readonly name: string;
  readonly version: string;
  readonly url: string;
  readonly integrity: string;
  readonly licence: string | null;
  readonly hasInstallScript: boolean;
}

export interface FilteredPackument {
  /** By version. */
  readonly archives: ReadonlyMap<string, Archive>;
  readonly manifests: ReadonlyMap<string, object>;
  readonly tags: Readonly<Record<string, string>>;
  /** Why a version may not be used, newest first. */
  readonly refused: readonly { readonly version: string; readonly reason: string }[];
  /** Milliseconds since 1970; null where the registry does not tell. */
  readonly firstPublished: number | null;
}

const DAY_MS = 86_400_000;
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"];
/** Addresses, paths and shorthands of hosts: nothing that a registry answers for. */
const FOREIGN = /^(?:git|https?|file|link|portal|github|gitlab|bitbucket|gist)[+:]|^[^@\s]+\//;

/** A packument with only the versions that the rules let through. `mayFetch` says whether an address is on the registry. */
export function filterPackument(
  packument: Packument,
  rules: DependencyRules,
  now: number,
  mayFetch: (url: string) => boolean,
): FilteredPackument {
  const archives = new Map<string, Archive>();
  const manifests = new Map<string, object>();
  const refused: { version: string; reason: string; at: number }[] = [];
  const minimum = isListed(rules, "npm", packument.name) ? 0 : rules.version_age_days;
  for (const [version, body] of Object.entries(packument.versions)) {
    const at = Date.parse(packument.time[version] ?? "");
    const parsed = Version.safeParse(body);
    const reason = parsed.success
      ? versionProblem(parsed.data, at, now, minimum, mayFetch)
      : "its manifest cannot be read";
    if (reason !== null || !parsed.success) {
      refused.push({ version, reason: reason ?? "", at: Number.isNaN(at) ? 0 : at });
      continue;
    }
    archives.set(version, archiveOf(parsed.data));
    manifests.set(version, manifestOf(parsed.data));
  }
  const tags = tagsOf(packument, archives);
  refused.sort((a, b) => b.at - a.at);
  return { archives, manifests, tags, refused, firstPublished: firstPublished(packument) };
}

function versionProblem(
  version: Version,
  at: number,
  now: number,
  minimumDays: number,
  mayFetch: (url: string) => boolean,
): string | null {
  if (Number.isNaN(at)) return "the registry does not say when it was published";
  const days = (now - at) / DAY_MS;
  if (days < minimumDays) return `published ${Math.max(0, Math.floor(days))} days ago, policy wants ${minimumDays}`;
  if (!version.dist.integrity?.startsWith("sha512-")) return "it has no SHA-512 in the registry";
  if (!mayFetch(version.dist.tarball)) return "its archive lies outside the registry";
  const bundled = [version.bundleDependencies, version.bundledDependencies].some(
    (list) => list === true || (Array.isArray(list) && list.length > 0),
  );
  if (bundled) return "it brings other packages inside its archive";
  const specs = { ...version.dependencies, ...version.optionalDependencies, ...version.peerDependencies };
  const foreign = Object.entries(specs).find(([, spec]) => FOREIGN.test(spec.replace(/^npm:(?:@[^/]+\/)?/, "")));
  return foreign === undefined ? null : `it needs ${foreign[0]} from ${foreign[1]}, outside the registry`;
}

function archiveOf(version: Version): Archive {
  const { name, dist, scripts, hasInstallScript } = version;
  return {
    name,
    version: version.version,
    url: dist.tarball,
    integrity: strongest(dist.integrity ?? ""),
    licence: licenceText(version.license),
    hasInstallScript: hasInstallScript || INSTALL_SCRIPTS.some((script) => script in scripts),
  };
}

function strongest(integrity: string): string {
  return integrity.split(/\s+/).find((one) => one.startsWith("sha512-")) ?? integrity;
}

/** `"MIT"`, and the older `{type}` and list of them. */
function licenceText(value: unknown): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value.trim();
  if (Array.isArray(value)) {
    const all = value.map(licenceText).filter((text): text is string => text !== null);
    return all.length === 0 ? null : all.length === 1 ? (all[0] ?? null) : `(${all.join(" OR ")})`;
  }
  const type = z.object({ type: z.string() }).safeParse(value);
  return type.success ? type.data.type : null;
}

/** What npm resolves by; the archive's address is put in when the answer is written. */
function manifestOf(version: Version): object {
  const { name, dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta, engines, os, cpu, libc } =
    version;
  return {
    name,
    version: version.version,
    dependencies,
    optionalDependencies,
    peerDependencies,
    peerDependenciesMeta,
    engines,
    os,
    cpu,
    libc,
  };
}

/** Tags of versions that are left; `latest` moves to the newest release that is. */
function tagsOf({ "dist-tags": tags, time }: Packument, left: ReadonlyMap<string, Archive>): Record<string, string> {
  const kept = Object.entries(tags).filter(([, version]) => left.has(version));
  if (kept.some(([tag]) => tag === "latest")) return Object.fromEntries(kept);
  const releases = [...left.keys()].filter((version) => !version.includes("-"));
  const newest = releases.sort((a, b) => Date.parse(time[b] ?? "") - Date.parse(time[a] ?? ""))[0];
  return Object.fromEntries(newest === undefined ? kept : [...kept, ["latest", newest]]);
}

function firstPublished({ time, versions }: Packument): number | null {
  const times = Object.keys(versions).map((version) => Date.parse(time[version] ?? ""));
  const known = times.filter((at) => !Number.isNaN(at));
  return known.length === 0 ? null : Math.min(...known);
}

/** True when the bytes are those that the registry promised. */
export function hasIntegrity(body: Buffer, integrity: string): boolean {
  const wanted = Buffer.from(integrity.replace(/^sha512-/, ""), "base64");
  const found = createHash("sha512").update(body).digest();
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}
