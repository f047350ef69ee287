import type { Ecosystem, ResolvedPackage } from "@aura/shared/schemas/dependencies";

/** The package URL of a fetched package. Source: the types npm and pypi of the purl specification. */
export function packageUrl(ecosystem: Ecosystem, { name, version }: Pick<ResolvedPackage, "name" | "version">): string {
  const path = name.split("/").map(encodeURIComponent).join("/");
  return `pkg:${ecosystem}/${path}@${encodeURIComponent(version)}`;
}

/** The archive's digest by the name of its algorithm; empty where it is written in a way that is not known here. */
export function archiveDigest(integrity: string): Readonly<Record<string, string>> {
  const [, sri, base64 = ""] = /^(sha512|sha256)-([A-Za-z0-9+/]+={0,2})$/.exec(integrity) ?? [];
  if (sri !== undefined) return { [sri]: Buffer.from(base64, "base64").toString("hex") };
  const [, algorithm, hex = ""] = /^(sha512|sha256):([0-9a-f]+)$/.exec(integrity) ?? [];
  return algorithm === undefined ? {} : { [algorithm]: hex };
}
