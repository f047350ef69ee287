// Ends with 0 when node_modules holds what package-lock.json says. Runs on any Node, before there is Node 24.
import { readFileSync } from "node:fs";

const read = (path) => JSON.parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8")).packages;

try {
  const installed = read("node_modules/.package-lock.json");
  const missing = Object.entries(read("package-lock.json")).filter(
    ([path, { version, optional, link }]) =>
      path.includes("node_modules/") && !optional && !link && installed[path]?.version !== version,
  );
  process.exitCode = missing.length === 0 ? 0 : 1;
} catch {
  process.exitCode = 1; // nothing is installed yet
}
