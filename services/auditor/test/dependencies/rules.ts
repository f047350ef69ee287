import type { DependencyRules } from "../../src/dependencies/rules.ts";

/** As policy has it in a fresh installation, with a shorter list of licences. */
export const RULES: DependencyRules = {
  mode: "checked",
  listed: [],
  licences: ["MIT", "ISC", "Apache-2.0"],
  version_age_days: 7,
  package_age_days: 90,
};
