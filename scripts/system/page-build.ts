import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./aura-home.ts";

const PAGE = join(ROOT, "ui/web");
const BUILT = join(PAGE, "dist");
/** Of what the page was built from, in the folder of the built page. */
const FINGERPRINT = "sources.sha256";
const SOURCES = /^(?:src|public|index\.html|package\.json|vite\.config\.ts)/;

/**
 * Builds the dashboard's page where it is missing or older than its sources. A failure stops nobody: it lies where the
 * Manager finds it and shows it instead of the page.
 *
 * @returns null, or why there is no page
 */
export async function ensurePage(): Promise<string | null> {
  const wanted = fingerprint();
  if (readOrNull(join(BUILT, FINGERPRINT)) === wanted) return null;
  const draft = `${BUILT}-${process.pid}`;
  try {
    await build(draft);
    writeFileSync(join(draft, FINGERPRINT), wanted);
    replaceBy(draft);
    return null;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const why = stderr.trim() || message;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "build-error.txt"), why);
    replaceBy(draft);
    return why;
  }
}

/** Beside the place where it is served, so that nobody ever gets half of a page. */
async function build(folder: string): Promise<void> {
  const vite = join(dirname(createRequire(join(PAGE, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const args = [vite, "build", "--logLevel", "warn", "--outDir", folder, "--emptyOutDir"];
  await promisify(execFile)(process.execPath, args, { cwd: PAGE, timeout: 60_000 });
}

function replaceBy(draft: string): void {
  rmSync(BUILT, { recursive: true, force: true });
  renameSync(draft, BUILT);
}

function fingerprint(): string {
  const hash = createHash("sha256").update(readFileSync(join(ROOT, "package-lock.json")));
  const files = readdirSync(PAGE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(PAGE.length + 1))
    .filter((path) => SOURCES.test(path));
  for (const path of files.sort()) hash.update(`${path}\0`).update(readFileSync(join(PAGE, path)));
  return hash.digest("hex");
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
