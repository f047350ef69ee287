import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ensurePage } from "../system/page-build.ts";

const page = mkdtempSync(join(tmpdir(), "aura-page-"));
afterAll(() => rmSync(page, { recursive: true }));
const built = (file: string) => join(page, "dist", file);

test("a page that cannot be built says why where the Manager looks, is built once mended, and then left alone", async () => {
  mkdirSync(join(page, "src"));
  writeFileSync(join(page, "index.html"), '<!doctype html><script type="module" src="/src/main.ts"></script>');
  writeFileSync(join(page, "src/main.ts"), "this is no program");
  const why = await ensurePage(page);
  expect(why).toContain("main.ts");
  expect(readFileSync(built("build-error.txt"), "utf8")).toBe(why);
  expect(existsSync(built("index.html"))).toBe(false);

  writeFileSync(join(page, "src/main.ts"), "document.title = 'mended';");
  expect(await ensurePage(page)).toBeNull();
  expect(readFileSync(built("index.html"), "utf8")).toMatch(/src="\/assets\/index-[\w-]+\.js"/);
  expect(existsSync(built("build-error.txt"))).toBe(false);

  const before = statSync(built("index.html")).mtimeMs;
  expect(await ensurePage(page)).toBeNull();
  expect(statSync(built("index.html")).mtimeMs).toBe(before);
});
