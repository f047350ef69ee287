// Ends with 0 when node_modules holds what package-lock.json says, tools of development left out when asked with
// `--omit=dev`. Runs on any Node, before there is Node 24.
import { readFileSync } from "node:fs";

const omitsDev = process.argv[2] === "--omit=dev";
const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).packages;

try {
  const installed = read("node_modules/.package-lock.json");
  const missing = Object.entries(read("package-lock.json")).filter(
    ([path, { version, optional, link, dev }]) =>
      path.includes("node_modules/") &&
      !optional &&
      !link &&
      !(dev && omitsDev) &&
      installed[path]?.version !== version,
  );
  process.exitCode = missing.length === 0 ? 0 : 1;
} catch {
  process.exitCode = 1; // nothing is installed yet
}
