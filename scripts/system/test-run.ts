import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./aura-home.ts";
import { CONTAINER_IMAGE, openContainerDatabase } from "./container-database.ts";
import { containerEngineMissing } from "./container-engine.ts";
import { openTestDatabase } from "./test-database.ts";

/**
 * `test-run.ts check`: what must hold before a commit. `test-run.ts all`: that and every other test. All share one
 * Postgres. Prints each step with its duration and ends with `N passed, M failed`. What needs a Docker engine is left out
 * where none answers, and says so; AURA_TEST_CONTAINERS=required makes that a failure.
 */

const CHECKS: readonly (readonly [string, ...string[]])[] = [
  ["lint", "biome", "check", "--error-on-warnings", "."],
  ["types", "tsc", "-p", "tsconfig.json"],
  ["types of the page", "tsc", "-p", "ui/web/tsconfig.json"],
  ["page", "node", "scripts/build-page.ts"],
  ["boundaries", "node", "scripts/check-boundaries.ts"],
  ["dead code", "knip", "--config", "scripts/config/knip.json"],
  ["schema drift", "node", "scripts/dump-schema.ts", "--check"],
  ["docs drift", "node", "scripts/gen-docs.ts", "--check"],
];
const PROJECTS = { check: ["unit"], all: ["unit", "pg", "sandbox", "e2e", "fault", "browser"] } as const;

interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

const running = new Set<ChildProcess>();
/** Processors of a small machine; tests have as many workers of their own. */
const CHECKS_AT_ONCE = 2;
const scope = process.argv[2] === "check" ? "check" : "all";
const reports = mkdtempSync(join(tmpdir(), "aura-reports-"));
const database = process.env.AURA_TEST_ADMIN_URL === undefined ? await openTestDatabase() : null;
if (database !== null) process.env.AURA_TEST_ADMIN_URL = database.url;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void leave(130));

const outcomes: Outcome[] = [];
outcomes.push(...(await runChecks()));
for (const name of PROJECTS[scope]) outcomes.push(await runProject(name));
if (scope === "all") outcomes.push(...(await runContainers()));
await leave(summarise(outcomes));

/** None of them needs what another one makes. */
async function runChecks(): Promise<Outcome[]> {
  const found: Outcome[] = [];
  const waiting = [...CHECKS];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [name, ...command] = next;
      const succeeded = await runStep(name, command, "pipe");
      found.push({ name, passed: 0, failed: succeeded ? 0 : 1, skipped: 0 });
    }
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, work));
  return found;
}

/** Counts what the report says; a run that fails without a failed test (a file that does not load) counts as one. */
async function runProject(name: string): Promise<Outcome> {
  const report = join(reports, `${name}.json`);
  const config = ["--root", ".", "--config", "scripts/config/vitest.config.ts", "--project", name];
  const output = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const succeeded = await runStep(`${name} tests`, ["vitest", "run", ...config, "--passWithNoTests", ...output]);
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = readReport(report);
  const failed = succeeded ? numFailedTests : Math.max(numFailedTests, 1);
  return { name: `${name} tests`, passed: numPassedTests, failed, skipped: numPendingTests };
}

/** The tests about SQL once more on the image that Compose runs, then the whole system in containers. */
async function runContainers(): Promise<Outcome[]> {
  const missing = containerEngineMissing();
  if (missing === null) return [await runOnContainer("server"), await runProject("container")];
  const name = "container tests";
  const required = process.env.AURA_TEST_CONTAINERS === "required";
  const advice = required ? "AURA_TEST_CONTAINERS=required" : "AURA_TEST_CONTAINERS=required makes that an error";
  console.log(`\n== ${name}: ${required ? "FAILED" : "not run"}, because ${missing}; ${advice}`);
  return [{ name, passed: 0, failed: required ? 1 : 0, skipped: 0 }];
}

async function runOnContainer(project: string): Promise<Outcome> {
  const container = await openContainerDatabase();
  const own = process.env.AURA_TEST_ADMIN_URL;
  process.env.AURA_TEST_ADMIN_URL = container.url;
  try {
    return { ...(await runProject(project)), name: `${project} tests on ${CONTAINER_IMAGE}` };
  } finally {
    if (own !== undefined) process.env.AURA_TEST_ADMIN_URL = own;
    await container.close();
  }
}

function readReport(path: string): Record<"numPassedTests" | "numFailedTests" | "numPendingTests", number | undefined> {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
  }
}

/**
 * In a process group of its own, so that whatever it leaves behind ends with it.
 *
 * @param output `pipe`: shown when it has ended, for steps that run beside others
 */
async function runStep(
  name: string,
  [program = "", ...args]: readonly string[],
  output: "inherit" | "pipe" = "inherit",
): Promise<boolean> {
  if (output === "inherit") console.log(`\n== ${name}`);
  const begun = Date.now();
  const child = spawn(program, args, { cwd: ROOT, detached: true, stdio: ["ignore", output, output] });
  running.add(child);
  const said: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => said.push(chunk));
  const closed = new Promise((resolve) => child.once("close", resolve));
  const end = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  endGroup(child);
  running.delete(child);
  if (child.pid !== undefined) await closed; // what it left behind held its output open
  if (output === "pipe") process.stdout.write(`\n== ${name}\n${Buffer.concat(said)}`);
  const succeeded = end === "exit code 0";
  console.log(`== ${name}: ${succeeded ? "ok" : `FAILED, ${end}`} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  return succeeded;
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // nothing is left of it
  }
}

function summarise(all: readonly Outcome[]): number {
  const total = (key: "passed" | "failed" | "skipped") => all.reduce((sum, outcome) => sum + outcome[key], 0);
  const broken = all.filter(({ failed }) => failed > 0).map(({ name }) => name);
  if (broken.length > 0) console.log(`\nFailed: ${broken.join(", ")}`);
  if (total("skipped") > 0) console.log(`Skipped: ${total("skipped")}`);
  console.log(`\n${total("passed")} passed, ${total("failed")} failed`);
  return total("failed") === 0 && total("passed") > 0 ? 0 : 1;
}

async function leave(code: number): Promise<never> {
  for (const child of running) endGroup(child);
  await database?.close();
  rmSync(reports, { recursive: true, force: true });
  process.exit(code);
}
