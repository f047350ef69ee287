import type { Tree } from "@aura/shared/models/tree";
import type { Ecosystem, ResolvedPackage } from "@aura/shared/schemas/dependencies";
import type { Refusal, ServedPackage } from "./gate-protocol.ts";
import { isAllowedLicence, spdxOf } from "./licences.ts";
import { normalName } from "./package-names.ts";
import { type DependencyRules, isListed } from "./rules.ts";

/** Every package that was handed out, with what it says of its licence. */
export function fetchedPackages(
  ecosystem: Ecosystem,
  planned: readonly { readonly name: string }[],
  served: readonly ServedPackage[],
  layer: Tree,
): ResolvedPackage[] {
  const direct = new Set(planned.map(({ name }) => normalName(ecosystem, name)));
  const stated = ecosystem === "pypi" ? wheelLicences(layer) : new Map<string, string>();
  return served.map(({ name, version, integrity, licence }) => ({
    name,
    version,
    integrity,
    licence: licence ?? stated.get(`${name}@${version}`) ?? null,
    direct: direct.has(name),
  }));
}

/** What the rules refuse once the packages are there. */
export function packageRefusals(
  ecosystem: Ecosystem,
  packages: readonly ResolvedPackage[],
  served: readonly ServedPackage[],
  rules: DependencyRules,
): Refusal[] {
  const scripted = new Set(served.filter((one) => one.has_install_script).map(({ name }) => name));
  return packages.flatMap(({ name, version, licence }) => {
    if (isListed(rules, ecosystem, name)) return [];
    const which = `${name}@${version}`;
    if (!isAllowedLicence(licence, rules.licences)) {
      const stated = licence === null ? "states no licence" : `has the licence ${JSON.stringify(licence.slice(0, 80))}`;
      return [{ name: which, reason: `${stated}; policy dependencies.licences allows ${rules.licences.join(" ")}` }];
    }
    if (!scripted.has(name)) return [];
    return [{ name: which, reason: "wants to run a script when it is installed, and none is run" }];
  });
}

/** Licences by `name@version`, from the METADATA of installed wheels. */
function wheelLicences(layer: Tree): Map<string, string> {
  const found = new Map<string, string>();
  for (const [path, body] of layer) {
    if (!/^[^/]+\.dist-info\/METADATA$/.test(path)) continue;
    const head = body.toString("utf8").split(/\r?\n\r?\n/, 1)[0] ?? "";
    const fields = head.split(/\r?\n/).map((line) => /^([A-Za-z-]+): (.*)$/.exec(line));
    const all = (field: string) => fields.filter((match) => match?.[1] === field).map((match) => match?.[2] ?? "");
    const [name = "", version = ""] = [all("Name")[0], all("Version")[0]];
    const licence = wheelLicence(all);
    if (licence !== null) found.set(`${normalName("pypi", name)}@${version}`, licence);
  }
  return found;
}

/** The SPDX expression where there is one (PEP 639), else the classifiers, else the old free text. */
function wheelLicence(all: (field: string) => string[]): string | null {
  const expression = all("License-Expression")[0];
  if (expression !== undefined) return expression;
  const classifiers = all("Classifier")
    .filter((text) => text.startsWith("License :: "))
    .map((text) => spdxOf(text.split(" :: ").at(-1) ?? ""));
  if (classifiers.length > 0) return classifiers.join(" AND ");
  const text = all("License")[0]?.trim();
  return text === undefined || text === "" || text === "UNKNOWN" ? null : spdxOf(text);
}
