import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { newId } from "@aura/shared/models/ids";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../system/aura-home.ts";
import { ensurePage } from "../system/page-build.ts";
import { findBarriers, logIn, openBrowser, type Visitor, visit } from "./browser.ts";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

const HOSTILE = "<img src=x onerror=hit()>";
const SCRIPT_GZIP_MAX = 120 * 1024;
const right = { count: 2, wrong: () => [] };
const PRODUCTS: readonly CommandProduct[] = [
  { name: "shown", ...right, prefixes: { 1: HOSTILE } },
  { name: "refused", ...right },
  { name: "stuck", ...right, wrong: () => [2] },
];

let model: ScriptedModel;
let system: TestSystem;
let browser: Browser;
let director: Visitor;

beforeAll(async () => {
  expect(await ensurePage()).toBeNull();
  model = await startScriptedModel((prompt) => scripted(productNamed((name) => prompt.includes(`cmds ${name}1`))));
  system = await startTestSystem(model);
  browser = await openBrowser();
  director = await visit(browser, system.manager_url);
});
afterAll(async () => {
  await browser?.close();
  await system?.close();
  await model?.close();
});

function productNamed(matches: (name: string) => boolean): CommandProduct {
  const product = PRODUCTS.find(({ name }) => matches(name));
  if (product === undefined) throw new Error("no product of this name");
  return product;
}

const prdFor = (name: string) => prdOf(productNamed((known) => known === name));
const go = (page: Page, hash: string) => page.goto(`${system.manager_url}/${hash}`);

async function startByApi(name: string, oversight: "supervised" | "autonomous"): Promise<string> {
  const body = { project: name, prd: { title: `The ${name} one`, body: prdFor(name) }, oversight };
  return (await system.api.call(OPERATIONS.startRun, { body })).id;
}

/** Presses an action of a queue's item, says why, and sends it. */
async function act(page: Page, item: string, action: string, reason: string): Promise<void> {
  const row = page.locator(".queue-item", { hasText: item });
  await row.getByRole("button", { name: action, exact: true }).click();
  const form = row.getByRole("form", { name: action });
  await form.getByLabel(/^Reason/).fill(reason);
  const sure = form.getByRole("checkbox");
  if ((await sure.count()) > 0) await sure.check();
  await form.getByRole("button", { name: action, exact: true }).click();
}

test("a wrong key is refused with what to do about it; the right one opens the overview, and the address stays", async () => {
  const { page, errors } = director;
  await logIn(director, "a key that nobody has");
  expect(await page.getByRole("alert").innerText()).toMatch(/No valid API key[\s\S]*MANAGER_API_KEY/);
  expect(errors.splice(0)).toEqual([expect.stringContaining("401")]); // the browser's own line about the refusal
  await logIn(director, system.database.directorKey);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByText("No run yet. Paste a PRD under Start a run.").first().waitFor();
  const [cookie] = await page.context().cookies();
  expect(cookie).toMatchObject({ name: "aura_session", httpOnly: true, sameSite: "Strict" });
  expect(await page.evaluate("document.cookie")).toBe("");
});

test("a pasted PRD is watched live to its gate, approved, delivered and approved again; its texts stay texts", async () => {
  const { page } = director;
  await page.getByRole("link", { name: "Start a run" }).first().click();
  await page.getByLabel("Project").fill("shown");
  await page.getByLabel("Title").fill(`Shown ${HOSTILE}`);
  await page.getByLabel("PRD, in Markdown").fill(prdFor("shown"));
  await page.getByRole("button", { name: "Start the run" }).click();
  await page.getByRole("heading", { name: `Shown ${HOSTILE}` }).waitFor();
  expect(page.url()).toMatch(/#\/runs\/[0-9a-f-]{36}$/);

  const gate = page.locator(".gate", { hasText: "plan" });
  await gate.waitFor({ timeout: 60_000 });
  await gate.getByRole("button", { name: /What it is about/ }).click();
  await gate.getByText("Not checked").waitFor();
  expect(await gate.getByText(/Your decision binds the digest/).innerText()).toMatch(/[0-9a-f]{64}/);
  expect(await gate.innerText()).toContain(`shown1 prints ${HOSTILE}1`);
  await act(page, "plan", "Approve", "the plan is right");

  await page.locator(".gate", { hasText: "delivery" }).waitFor({ timeout: 90_000 });
  await act(page, "delivery", "Approve", "the report says what it should");
  await page.locator(".run-head", { hasText: "completed" }).waitFor({ timeout: 60_000 });
  expect(await page.locator(".run-head").innerText()).toMatch(/verified[\s\S]*2 of 2/);
  expect(await page.locator(".live").innerText()).toBe("live");
  expect(await page.evaluate("[typeof hit, document.querySelectorAll('img[onerror], main img').length]")).toEqual([
    "undefined",
    0,
  ]);
});

test("every view of a run shows what is behind it, and its software comes down", async () => {
  const { page } = director;
  const run = page.url();
  await page.getByText(`shown1 prints ${HOSTILE}1`).click();
  await page.getByText("its number").first().waitFor();
  await page.getByRole("link", { name: "Tasks", exact: true }).click();
  await page.getByRole("link", { name: /T1/ }).click();
  await page.getByText(/Attempt 1 was judged/).click();
  await page.getByText(/^acceptance run/).waitFor();
  await page.getByRole("link", { name: "Files", exact: true }).click();
  await page.getByRole("link", { name: "cmds/__main__.py" }).click();
  await page.locator("pre.code", { hasText: HOSTILE }).waitFor();
  expect(page.url()).toBe(`${run}/files/cmds/__main__.py`);
  await page.getByRole("link", { name: "Diff", exact: true }).click();
  await page.locator(".diff .added", { hasText: "TABLE = {" }).waitFor();
  await page.getByRole("link", { name: "Events", exact: true }).click();
  await page.getByText("run completed").waitFor();
  await page.getByRole("link", { name: "Report", exact: true }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download the delivered software" }).click();
  expect(readFileSync(await (await download).path()).subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]));
});

test("a gate is rejected with a reason, and a reason that says nothing is refused with a hint", async () => {
  const { page } = director;
  const id = await startByApi("refused", "supervised");
  await go(page, "#/intervention");
  const item = page.locator(".queue-item", { hasText: "The refused one" }).filter({ hasText: "digest" });
  await item.waitFor({ timeout: 60_000 });
  await item.getByRole("button", { name: "Reject", exact: true }).click();
  await item.getByLabel(/^Reason/).fill("    ");
  await item.getByRole("form").getByRole("button", { name: "Reject" }).click();
  expect(await item.getByRole("alert").innerText()).toMatch(/at least 3 characters[\s\S]*Mend the fields/);
  expect(director.errors.splice(0)).toEqual([expect.stringContaining("400")]);
  await item.getByLabel(/^Reason/).fill("not what I asked for");
  await item.getByRole("form").getByRole("button", { name: "Reject" }).click();
  await page.getByText("not what I asked for").waitFor();
  const run = await untilRun(system.api, id, ({ status }) => status === "failed", 30);
  expect(run.stop_reason).toBe("policy");
});

test("a stuck task is overridden, its run cancelled, and both are recorded with their reasons", async () => {
  const { page } = director;
  const id = await startByApi("stuck", "autonomous");
  await go(page, "#/intervention");
  await page.locator(".queue-item", { hasText: "failures used up" }).first().waitFor({ timeout: 90_000 });
  await act(page, "3 charged failures", "Override the verdict", "I looked at it myself");
  await page.getByText("I looked at it myself").waitFor();
  await go(page, `#/runs/${id}/tasks`);
  await page.getByText(/verdict overridden by a Director/).waitFor();
  await page.getByText("Steer this run").click();
  await page.getByRole("button", { name: "Cancel the run" }).click();
  const form = page.getByRole("form", { name: "Cancel the run" });
  await form.getByLabel(/^Reason/).fill("no longer wanted");
  await form.getByRole("checkbox").check();
  await form.getByRole("button", { name: "Cancel the run" }).click();
  await page.locator(".run-head .status", { hasText: "cancelled" }).first().waitFor();
  await go(page, "#/intervention");
  await page.getByRole("row", { name: /cancel[\s\S]*done[\s\S]*no longer wanted/ }).waitFor();
});

test("when the log cannot be followed the page says so, and catches up", async () => {
  const { page, errors } = director;
  await page.route("**/v1/events", (route) => route.abort());
  await page.reload();
  await page.locator(".live", { hasText: "reconnecting" }).waitFor();
  await page.unroute("**/v1/events");
  await page.locator(".live-live").waitFor();
  expect(errors.splice(0).filter((line) => !line.includes("ERR_FAILED"))).toEqual([]);
});

test("an observer sees all of it and is offered nothing to do", async () => {
  const key = `observer_${randomBytes(12).toString("hex")}`;
  await system.database.pools.admin.query(
    "insert into api_keys (id, name, role, key_sha256) values ($1, 'watcher', 'observer', sha256($2::bytea))",
    [newId(), Buffer.from(key)],
  );
  const observer = await visit(browser, `${system.manager_url}/#/intervention`);
  await logIn(observer, key);
  await observer.page.getByText("Only a key with role director acts here.").first().waitFor();
  expect(await observer.page.locator(".actions button").count()).toBe(0);
  expect(observer.errors).toEqual([]);
  await observer.close();
});

test.each([
  ["light", ["overview", "intervention", "monitoring", "agents", "auditor", "new", "runs/ID", "runs/ID/tasks"]],
  ["dark", ["overview", "intervention", "runs/ID"]],
] as const)("no page has a barrier in the %s theme, nor scrolls sideways on a phone", async (colorScheme, hashes) => {
  const [run] = (await system.api.call(OPERATIONS.listRuns, { query: {} })).data;
  const visitor = await visit(browser, system.manager_url, { colorScheme });
  const { page } = visitor;
  expect(await findBarriers(page)).toEqual([]);
  await logIn(visitor, system.database.directorKey);
  for (const hash of hashes) {
    await go(page, `#/${hash.replace("ID", run?.id ?? "")}`);
    await page.locator(".panel table, .card").first().waitFor();
    expect([hash, await findBarriers(page)]).toEqual([hash, []]);
    await page.setViewportSize({ width: 390, height: 844 });
    const overflow = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
    expect([hash, overflow]).toEqual([hash, 0]);
    await page.setViewportSize({ width: 1280, height: 900 });
  }
  expect(visitor.errors).toEqual([]);
  await visitor.close();
});

test("by keyboard alone: the first stop skips to the content, and logging out asks for the key again", async () => {
  const { page, errors } = director;
  await go(page, "#/overview");
  await page.reload();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Tab");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
  await page.keyboard.press("Enter");
  expect(await page.evaluate("document.activeElement.id")).toBe("main");
  await page.getByRole("button", { name: "Log out" }).focus();
  await page.keyboard.press("Enter");
  await page.getByLabel("API key").waitFor();
  await page.reload();
  await page.getByLabel("API key").waitFor();
  expect(errors).toEqual([]);
});

test("the script that the page begins with is small", () => {
  const folder = join(ROOT, "ui/web/dist/assets");
  const scripts = readdirSync(folder).filter((file) => file.endsWith(".js"));
  const bytes = scripts.map((file) => gzipSync(readFileSync(join(folder, file))).byteLength);
  expect(bytes.length).toBeGreaterThan(0);
  expect(bytes.reduce((sum, n) => sum + n, 0)).toBeLessThan(SCRIPT_GZIP_MAX);
});
