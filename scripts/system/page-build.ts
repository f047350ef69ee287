import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "./aura-home.ts";

const PAGE = join(ROOT, "ui/web");
/** Of what the page was built from, in the folder of the built page. */
const FINGERPRINT = "sources.sha256";
const SOURCES = /^(?:src|public|index\.html|package\.json|vite\.config\.ts)/;

/**
 * Builds the dashboard's page where it is missing or older than its sources. A failure stops nobody: it lies where the
 * Manager finds it and shows it instead of the page.
 *
 * @returns null, or why there is no page
 */
export async function ensurePage(page = PAGE): Promise<string | null> {
  const built = join(page, "dist");
  const wanted = fingerprint(page);
  if (readOrNull(join(built, FINGERPRINT)) === wanted) return null;
  const draft = `${built}-${process.pid}`;
  try {
    await build(page, draft);
    writeFileSync(join(draft, FINGERPRINT), wanted);
    replace(built, draft);
    return null;
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const why = stderr.trim() || message;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true });
    writeFileSync(join(draft, "build-error.txt"), why);
    replace(built, draft);
    return why;
  }
}

/** Beside the place where it is served, so that nobody ever gets half of a page. */
async function build(page: string, folder: string): Promise<void> {
  const vite = join(dirname(createRequire(join(PAGE, "package.json")).resolve("vite/package.json")), "bin/vite.js");
  const args = [vite, "build", "--logLevel", "warn", "--outDir", folder, "--emptyOutDir"];
  await promisify(execFile)(process.execPath, args, { cwd: page, timeout: 60_000 });
}

function replace(built: string, draft: string): void {
  rmSync(built, { recursive: true, force: true });
  renameSync(draft, built);
}

function fingerprint(page: string): string {
  const hash = createHash("sha256").update(readFileSync(join(ROOT, "package-lock.json")));
  const files = readdirSync(page, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(page.length + 1))
    .filter((path) => SOURCES.test(path));
  for (const path of files.sort()) hash.update(`${path}\0`).update(readFileSync(join(page, path)));
  return hash.digest("hex");
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
