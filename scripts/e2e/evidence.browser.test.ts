import { readFileSync } from "node:fs";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROOT } from "../system/aura-home.ts";
import { ensurePage } from "../system/page-build.ts";
import { findBarriers, logIn, openBrowser, type Visitor, visit } from "./browser.ts";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

/** Nothing tests what it does with a wrong command, and nothing calls `retired`. */
const WEIGHED: CommandProduct = { name: "weighed", count: 2, wrong: () => [], unused: true };
/** The second command is wrong each time. */
const REFUSED: CommandProduct = { name: "refused", count: 2, wrong: () => [2] };

let model: ScriptedModel;
let system: TestSystem;
let browser: Browser;
let director: Visitor;
let weighed: string;

beforeAll(async () => {
  expect(await ensurePage()).toBeNull();
  model = await startScriptedModel((prompt) => scripted(prompt.includes("cmds refused1") ? REFUSED : WEIGHED));
  system = await startTestSystem(model, { environment: { AURA_MUTANTS: "6" } });
  browser = await openBrowser();
  director = await visit(browser, system.manager_url);
  await logIn(director, system.database.directorKey);
  await director.page.getByRole("heading", { name: "Overview" }).waitFor();
});
afterAll(async () => {
  await browser?.close();
  await system?.close();
  await model?.close();
});

async function start(product: CommandProduct, oversight: "supervised" | "autonomous"): Promise<string> {
  const body = { project: product.name, prd: { title: product.name, body: prdOf(product) }, oversight };
  return (await system.api.call(OPERATIONS.startRun, { body })).id;
}

const showReport = (run_id: string) => director.page.goto(`${system.manager_url}/#/runs/${run_id}/report`);
const card = (name: string) => director.page.getByRole("region", { name, exact: true });

type Judged = NonNullable<DeliveryReport["verification"]>;

async function judgedReport(run_id: string): Promise<{ report: DeliveryReport; judged: Judged }> {
  const report = await system.api.call(OPERATIONS.getReport, { params: { run_id } });
  if (report.verification === null) throw new Error("the run was judged");
  return { report, judged: report.verification };
}

test("before anything is accepted there is no evidence: the page says so, and what the run waits for", async () => {
  const id = await start(REFUSED, "supervised");
  const run = await untilRun(system.api, id, ({ status }) => status === "awaiting_director", 60);
  await showReport(id);
  const evidence = card("Evidence");
  await evidence.getByText("No code has been accepted yet").waitFor();
  expect(await evidence.innerText()).toContain(run.waiting_for?.next_step ?? "no next step");
  expect(await director.page.getByText("There is no software yet").count()).toBe(1);
  expect(await card("Confidence").count()).toBe(0);
});

test("a run that only fails shows no number, and whom it waits for", async () => {
  const id = await start(REFUSED, "autonomous");
  const run = await untilRun(system.api, id, ({ status }) => status === "awaiting_director", 110);
  expect(run.requirements.fail).toBeGreaterThan(0);
  await showReport(id);
  const evidence = card("Evidence");
  await evidence.getByText("No code has been accepted yet").waitFor();
  expect(await evidence.innerText()).toContain("It waits for you");
  expect(await evidence.getByText("of 1").count()).toBe(0);
  expect(await director.page.getByRole("link", { name: "Download the best so far" }).count()).toBe(1);
});

test("the confidence is the API's number, with what it is computed from and what keeps it from being higher", async () => {
  weighed = await start(WEIGHED, "autonomous");
  await untilRun(system.api, weighed, ({ status }) => status === "completed", 110);
  await showReport(weighed);
  const { report } = await judgedReport(weighed);
  const { score, mutants_killed = 0, mutants = 0, mistakes_noticed = 0 } = report.confidence ?? {};
  const text = await card("Confidence").innerText();
  expect(text).toContain(score?.toFixed(3));
  expect(text).toMatch(/Requirements that hold\s+2 of 2/);
  expect(text).toMatch(new RegExp(`Changes that tests noticed\\s+${mutants_killed} of ${mutants}`));
  expect(text).toMatch(/Functions that tests reached\s+1 of 2/);
  expect(text).toMatch(/Requirements tested more than once\s+0 of 2/);
  expect(text).toContain(`estimated to notice ${Math.round(mistakes_noticed * 100)} % of the honest mistakes`);
  const gaps = [`${mutants - mutants_killed} changes? that no test noticed`, "1 function that no test reaches"];
  const sorted = (mutants - mutants_killed) / mutants >= 0.5 ? gaps : gaps.toReversed();
  expect(text).toMatch(new RegExp(`Widest gap: ${sorted.join("; besides ")}\\.`));
  expect(text).toContain("It is no probability that the software is right");
});

test("what no test noticed stands there in words with the author's answer, and what no test reached by name", async () => {
  const { judged } = await judgedReport(weighed);
  const { killed = 0, survived = [] } = judged.mutation ?? {};
  expect(survived.length).toBeGreaterThan(0);
  const text = await card("Changes of the product that tests noticed").innerText();
  expect(text).toContain(`${killed} of ${killed + survived.length} changes were noticed`);
  for (const { behaviour, function: name } of survived) {
    expect(text.toLowerCase()).toContain(behaviour);
    expect(text).toContain(name);
  }
  expect(text).toContain("nobody could see a difference");
  expect(text).not.toMatch(/sys\.stderr|argv\[0\]/);

  const reached = await card("What the tests reached").innerText();
  expect(reached).toContain("1 of 2 functions");
  expect(reached).toMatch(/cmds\/__main__\.py\s+1 of 1/);
  expect(reached).toMatch(/No test reached\s+cmds\/__init__\.py\s+retired/);
});

test("second run, sandbox and signatures are those of the judgement, and what was signed comes down", async () => {
  const { page } = director;
  await page.reload();
  const signed = card("Attestation");
  await signed.getByRole("link", { name: "Provenance" }).waitFor({ timeout: 60_000 });
  const { report, judged } = await judgedReport(weighed);
  expect(judged.second_run).toMatchObject({ tests: 2, agreed: 2, disagreed: [] });
  expect(await card("Second run").innerText()).toMatch(/agreed\s+2 of 2 tests that passed did so again/);
  const sandbox = await card("Sandbox").innerText();
  expect(sandbox).toContain("8 of 8 attempts to break out were contained");
  expect(sandbox).toContain(judged.environment?.kernel);
  expect(sandbox).toContain(judged.environment_sha256?.slice(0, 12));
  expect(await signed.innerText()).toContain(report.attestation?.key_name);
  const download = page.waitForEvent("download");
  await signed.getByRole("link", { name: "Provenance" }).click();
  const envelope = JSON.parse(readFileSync(await (await download).path(), "utf8"));
  expect(envelope.signatures).toHaveLength(1);
});

test("the Auditor's error rates are those of the published report card", async () => {
  const { page } = director;
  await card("Confidence").getByRole("link", { name: "How often the Auditor itself was wrong" }).click();
  const file = JSON.parse(readFileSync(join(ROOT, "docs/operations/AUDITOR_REPORT_CARD.json"), "utf8"));
  const text = await card("Error rates").innerText();
  for (const { errors, of, high } of [file.false_accepts, file.false_rejects]) {
    expect(text).toMatch(new RegExp(`${errors} of ${of}\\b`));
    expect(text).toContain(`to ${(high * 100).toFixed(1)} %`);
  }
  expect(text).toContain(file.judged_on.join(", "));
  for (const revision of new Set<string>(file.results.map((result: { revision: string }) => result.revision)))
    expect(text).toContain(revision);
  const needed = file.guards.filter(({ through }: { through: string[] }) => through.length > 0);
  expect(await card("Guards").innerText()).toContain(`${needed.length} of ${file.guards.length} guards are needed`);
  expect(await page.locator(".guards li").count()).toBe(file.guards.length);
  expect(director.errors).toEqual([]);
});

test("a report card that cannot be read is shown as that, and never as a zero", async () => {
  const { page, errors } = director;
  const body = { title: "There is no report card", detail: "false_accepts.of: missing", hint: "Publish one." };
  await page.route("**/report-card", (route) => route.fulfill({ status: 404, json: body }));
  await page.reload();
  await page.getByText("nothing is known here of how often it is wrong").waitFor();
  expect(await page.getByRole("alert").innerText()).toContain("false_accepts.of: missing");
  expect(await page.locator(".intervals, .guards").count()).toBe(0);
  await page.unroute("**/report-card");
  expect(errors.splice(0)).toEqual([expect.stringContaining("404")]); // the browser's own line
});

test.each(["light", "dark"] as const)(
  "nothing of it is a barrier in the %s theme, nor scrolls sideways",
  async (theme) => {
    const visitor = await visit(browser, system.manager_url, { colorScheme: theme });
    const { page } = visitor;
    await logIn(visitor, system.database.directorKey);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    for (const hash of [`runs/${weighed}/report`, "auditor"]) {
      await page.goto(`${system.manager_url}/#/${hash}`);
      await page.locator(".confidence, .intervals").waitFor();
      expect([hash, await findBarriers(page)]).toEqual([hash, []]);
      await page.setViewportSize({ width: 390, height: 844 });
      const overflow = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect([hash, overflow]).toEqual([hash, 0]);
      await page.setViewportSize({ width: 1280, height: 900 });
    }
    expect(visitor.errors).toEqual([]);
    await visitor.close();
  },
);
