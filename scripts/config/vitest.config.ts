import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const TEST_DATABASE = fileURLToPath(new URL("test-database.ts", import.meta.url));
const IGNORED = ["**/node_modules/**", "**/fixtures/**", "**/.aura/**", "docs/examples/**"];

/** One project for each kind of test; the end of a file's name tells its kind. */
function project(
  name: string,
  timeoutSeconds: number,
  database: boolean,
  maxWorkers = 2,
): TestProjectInlineConfiguration {
  const suffix = name === "unit" ? "test.ts" : `${name}.test.ts`;
  const others = name === "unit" ? ["**/*.{pg,sandbox,e2e,fault,container,browser}.test.ts"] : [];
  return {
    extends: true,
    test: {
      name,
      maxWorkers,
      include: [`{shared,services/*,scripts,database,ui}/**/*.${suffix}`],
      exclude: [...IGNORED, ...others],
      testTimeout: timeoutSeconds * 1000,
      hookTimeout: timeoutSeconds * 1000,
      globalSetup: database ? [TEST_DATABASE] : [],
    },
  };
}

export default defineConfig({
  test: {
    retry: 0,
    maxConcurrency: 2, // of tests in one file that say test.concurrent
    pool: "forks",
    projects: [
      project("unit", 10, false),
      project("pg", 60, true),
      project("sandbox", 120, false),
      project("e2e", 400, true, 3), // these wait more than they work
      project("fault", 400, true),
      project("container", 900, false),
      project("browser", 120, true),
    ],
  },
});
