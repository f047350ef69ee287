import { fileURLToPath } from "node:url";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const TEST_DATABASE = fileURLToPath(new URL("test-database.ts", import.meta.url));
const IGNORED = ["**/node_modules/**", "**/fixtures/**", "**/.aura/**", "docs/examples/**"];

/** Database tests that look at git, the sandbox, HTTP, files and other queues: another server tells nothing new. */
const NOT_ABOUT_SQL = [
  "services/manager/test/http/{git,fuzz,export,evidence-pack}.pg.test.ts",
  "services/auditor/test/ledger/{anchoring,verify}.pg.test.ts",
  "services/auditor/test/auditor/verification-loop.pg.test.ts",
  "scripts/test/bench/*.pg.test.ts",
];

interface Choice {
  readonly maxWorkers?: number;
  /** Kind of its tests, where it is not the project's name. */
  readonly kind?: string;
  readonly without?: readonly string[];
}

/** One project for each kind of test; the end of a file's name tells its kind. */
function project(
  name: string,
  timeoutSeconds: number,
  database: boolean,
  { maxWorkers = 2, kind = name, without = [] }: Choice = {},
): TestProjectInlineConfiguration {
  const suffix = kind === "unit" ? "test.ts" : `${kind}.test.ts`;
  const others = kind === "unit" ? ["**/*.{pg,sandbox,e2e,fault,container,browser}.test.ts"] : without;
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
      project("pg", 120, true),
      project("sandbox", 120, false),
      project("server", 120, true, { kind: "pg", without: NOT_ABOUT_SQL }), // once more on another server
      project("e2e", 900, true, { maxWorkers: 3 }), // these wait more than they work
      project("fault", 400, true),
      // one after the other: the kernel counts the processes of a user, and two sandbox containers have the same one
      project("container", 900, false, { maxWorkers: 1 }),
      project("browser", 120, true),
    ],
  },
});
