import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cruise, type IConfiguration, type ICruiseResult, type IViolation } from "dependency-cruiser";

/**
 * Who may import what. First the rules are tried on a tree that breaks every one of them: a rule that lets its own
 * counter-example pass guards nothing.
 */

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const FIXTURE = fileURLToPath(new URL("config/fixtures/boundaries/", import.meta.url));
const FOLDERS = ["shared", "services", "scripts", "ui"];
const RULES: IConfiguration = createRequire(import.meta.url)("./config/dependency-cruiser.cjs");

const caught = new Set((await cruiseFolders(FIXTURE)).violations.map(({ rule }) => rule.name));
const blind = (RULES.forbidden ?? []).map(({ name }) => name ?? "").filter((name) => !caught.has(name));
if (blind.length > 0) fail(`These rules do not catch their own example: ${blind.join(", ")}`);

const { violations, totalCruised } = await cruiseFolders(ROOT);
for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} -> ${to}`);
if (violations.length > 0) fail(`${violations.length} imports cross a boundary`);
console.log(`boundaries: ${totalCruised} modules, no import crosses one`);

async function cruiseFolders(baseDir: string): Promise<{ violations: readonly IViolation[]; totalCruised: number }> {
  const folders = FOLDERS.filter((folder) => existsSync(join(baseDir, folder)));
  const { output } = await cruise(folders, { ...RULES.options, ruleSet: RULES, baseDir, validate: true });
  if (typeof output === "string") return fail("dependency-cruiser gave no result to read");
  const { summary }: ICruiseResult = output;
  if (summary.totalCruised === 0) fail(`no module was looked at in ${baseDir}`);
  return summary;
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
