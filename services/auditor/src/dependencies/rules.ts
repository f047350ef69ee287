import type { Ecosystem } from "@aura/shared/schemas/dependencies";
import { z } from "zod";

/**
 * What may be installed. `checked`: what passes every check below. `listed`: only names on the list. `none`: nothing.
 * A listed name has been looked at by a person: its age, licence, likeness and scripts are not checked again, but it
 * must exist and its bytes must be those that the registry promised.
 */
export const DependencyRules = z.strictObject({
  mode: z.enum(["checked", "listed", "none"]),
  /** `npm:<name>` or `pypi:<name>`. */
  listed: z.array(z.string().regex(/^(npm|pypi):\S+$/)),
  /** SPDX identifiers. */
  licences: z.array(z.string()).min(1),
  /** Days since a version, and since the first version of a package that a plan names, was published. */
  version_age_days: z.number().nonnegative(),
  package_age_days: z.number().nonnegative(),
});
export type DependencyRules = z.infer<typeof DependencyRules>;

/** Keys of the policies that hold them. */
export const RULE_POLICIES = {
  mode: "dependencies.mode",
  listed: "dependencies.listed",
  licences: "dependencies.licences",
  version_age_days: "dependencies.version_age_days",
  package_age_days: "dependencies.package_age_days",
} as const satisfies Record<keyof DependencyRules, string>;

/**
 * The rules that the policies in force spell out; lists are separated by blanks.
 *
 * @returns null where a policy is missing or cannot be read: then nothing may be installed
 */
export function rulesOf(policies: ReadonlyMap<string, string>): DependencyRules | null {
  const value = (key: keyof DependencyRules) => policies.get(RULE_POLICIES[key])?.trim() ?? "";
  const list = (key: keyof DependencyRules) => value(key).split(/\s+/).filter(Boolean);
  const days = (key: keyof DependencyRules) => (value(key) === "" ? Number.NaN : Number(value(key)));
  const parsed = DependencyRules.safeParse({
    mode: value("mode"),
    listed: list("listed"),
    licences: list("licences"),
    version_age_days: days("version_age_days"),
    package_age_days: days("package_age_days"),
  });
  return parsed.success ? parsed.data : null;
}

/** The rules in a line, for the record of what was judged by them. */
export function rulesText({ mode, listed, licences, version_age_days, package_age_days }: DependencyRules): string {
  const ages = `versions of ${version_age_days} days, packages of ${package_age_days} days`;
  return `${mode}; ${ages}; licences ${licences.join(" ")}; listed ${listed.join(" ") || "none"}`;
}

export function isListed(rules: DependencyRules, ecosystem: Ecosystem, name: string): boolean {
  return rules.listed.includes(`${ecosystem}:${name}`);
}
