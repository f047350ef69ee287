import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { configurationPage } from "./reference/configuration-page.ts";
import { errorsPage } from "./reference/errors-page.ts";
import { statesPage } from "./reference/states-page.ts";
import { ROOT } from "./system/aura-home.ts";

/** Writes `docs/reference/*.md` from what the code and the database say; `--check` only compares. */

const pages: Readonly<Record<string, string>> = {
  "docs/reference/configuration.md": configurationPage(),
  "docs/reference/errors.md": errorsPage(),
  "docs/reference/states.md": statesPage(),
};

const stale = Object.entries(pages).filter(([path, text]) => readPage(path) !== text);
if (process.argv.includes("--check")) check();
else for (const [path, text] of stale) writePage(path, text);

function check(): void {
  for (const [path] of stale) console.error(`${path} does not say what the code does: run npm run docs`);
  if (stale.length > 0) process.exitCode = 1;
  else console.log(`docs: ${Object.keys(pages).length} pages match the code`);
}

function readPage(path: string): string | null {
  const file = join(ROOT, path);
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

function writePage(path: string, text: string): void {
  const file = join(ROOT, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}
