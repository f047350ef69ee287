import { createHash } from "node:crypto";
import { z } from "zod";
import { normalName } from "./package-names.ts";
import { type DependencyRules, isListed } from "./rules.ts";

/** The answer of a simple repository in JSON (PEP 691), with sizes and upload times (PEP 700). */
export const IndexPage = z.object({
  name: z.string(),
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      "requires-python": z.string().nullish(),
      yanked: z.union([z.boolean(), z.string()]).optional(),
      "upload-time": z.string().optional(),
    }),
  ),
});
export type IndexPage = z.infer<typeof IndexPage>;
type IndexFile = IndexPage["files"][number];

export const INDEX_TYPE = "application/vnd.pypi.simple.v1+json";

export interface Wheel {
  readonly name: string;
  readonly version: string;
  readonly filename: string;
  readonly url: string;
  readonly sha256: string;
  readonly requiresPython: string | null;
}

export interface FilteredIndex {
  /** By file name. */
  readonly wheels: ReadonlyMap<string, Wheel>;
  readonly refused: readonly { readonly version: string; readonly reason: string }[];
  /** Milliseconds since 1970; null where the index does not tell. */
  readonly firstPublished: number | null;
}

const DAY_MS = 86_400_000;
const REFUSED_MAX = 50;

/** Only wheels that the rules let through: a source archive runs its own program to be built. */
export function filterIndex(
  page: IndexPage,
  pageUrl: string,
  rules: DependencyRules,
  now: number,
  mayFetch: (url: string) => boolean,
): FilteredIndex {
  const name = normalName("pypi", page.name);
  const minimum = isListed(rules, "pypi", name) ? 0 : rules.version_age_days;
  const wheels = new Map<string, Wheel>();
  const refused = new Map<string, string>();
  for (const file of page.files) {
    const version = versionOf(file.filename);
    const reason = fileProblem(file, pageUrl, now, minimum, mayFetch);
    if (reason !== null) refused.set(version, reason);
    else wheels.set(file.filename, wheelOf(file, name, version, pageUrl));
  }
  for (const { version } of wheels.values()) refused.delete(version);
  const list = [...refused].map(([version, reason]) => ({ version, reason })).reverse();
  return { wheels, refused: list.slice(0, REFUSED_MAX), firstPublished: firstPublished(page) };
}

function fileProblem(
  file: IndexFile,
  pageUrl: string,
  now: number,
  minimumDays: number,
  mayFetch: (url: string) => boolean,
): string | null {
  if (!file.filename.endsWith(".whl")) return "there is no wheel of it, and building one would run its own program";
  if (file.yanked !== undefined && file.yanked !== false) return "it was withdrawn by its author";
  const at = Date.parse(file["upload-time"] ?? "");
  if (Number.isNaN(at)) return "the index does not say when it was published";
  const days = (now - at) / DAY_MS;
  if (days < minimumDays) return `published ${Math.max(0, Math.floor(days))} days ago, policy wants ${minimumDays}`;
  if (!/^[0-9a-f]{64}$/.test(file.hashes.sha256 ?? "")) return "it has no SHA-256 in the index";
  return mayFetch(absolute(file.url, pageUrl)) ? null : "its file lies outside the index";
}

function wheelOf(file: IndexFile, name: string, version: string, pageUrl: string): Wheel {
  return {
    name,
    version,
    filename: file.filename,
    url: absolute(file.url, pageUrl),
    sha256: file.hashes.sha256 ?? "",
    requiresPython: file["requires-python"] ?? null,
  };
}

function absolute(url: string, base: string): string {
  return URL.canParse(url, base) ? new URL(url, base).href : "";
}

/** `name-1.2.0-py3-none-any.whl` and `name-1.2.0.tar.gz`. */
function versionOf(filename: string): string {
  const wheel = /^[^-]+-([^-]+)-.*\.whl$/.exec(filename)?.[1];
  return wheel ?? /-([0-9][^-]*?)(?:\.tar\.\w+|\.zip)$/.exec(filename)?.[1] ?? filename;
}

function firstPublished(page: IndexPage): number | null {
  const times = page.files.map((file) => Date.parse(file["upload-time"] ?? "")).filter((at) => !Number.isNaN(at));
  return times.length === 0 ? null : Math.min(...times);
}

export function hasSha256(body: Buffer, sha256: string): boolean {
  return createHash("sha256").update(body).digest("hex") === sha256;
}
