import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { DASHBOARD_PAGES } from "@aura/shared/schemas/panel-document";
import { createTestRuntime } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readReportCard } from "../../src/dashboard/report-card.ts";
import { type ApiUnderTest, apiUnderTest, FACTS } from "./api-under-test.ts";
import { landedRun } from "./landed-run.ts";

const folder = mkdtempSync(join(tmpdir(), "aura-page-"));
let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest({ page: folder });
  await createTestRuntime(api.db);
  await landedRun(api.db);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

test("every page's document and its rows come panel by panel", async () => {
  for (const page of DASHBOARD_PAGES) {
    const document = OPERATIONS.getDashboard.reply.parse((await api.get(`/v1/dashboard/${page}`)).body);
    const data = OPERATIONS.getDashboardData.reply.parse((await api.get(`/v1/dashboard/${page}/data`)).body);
    expect(data.panels.map(({ id }) => id)).toEqual(document.panels.map(({ id }) => id));
  }
});

test("the rows are those of the database, amounts and times exact", async () => {
  const { body } = await api.get("/v1/dashboard/overview/data");
  const rowsOf = (id: string) => body.panels.find((panel: { id: string }) => panel.id === id).rows;
  const { rows } = await api.db.pools.admin.query("select count(*)::int as n from orchestra_runs");
  expect(rowsOf("runs")).toHaveLength(rows[0].n);
  expect(rowsOf("runs")[0].usd_spent).toMatch(/^\d+\.\d{2,6}$/);
  expect(rowsOf("runs")[0].started_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  expect(rowsOf("judgements")).toContainEqual({ outcome: "accepted", judgements: expect.any(Number) });
});

test("a page that nobody wrote is a malformed request", async () => {
  expect((await api.get("/v1/dashboard/secrets")).status).toBe(400);
});

test("the Auditor's report card has the figures of the published file, and every submission counts to one revision", async () => {
  const file = JSON.parse(readFileSync(FACTS.report_card, "utf8"));
  const { status, body } = await api.get("/v1/auditor/report-card");
  const card = OPERATIONS.getReportCard.reply.parse(body);
  const { judged_on, false_accepts, false_rejects, guards, results } = file;
  expect([status, card]).toEqual([200, expect.objectContaining({ judged_on, false_accepts, false_rejects, guards })]);
  expect(card.submissions).toBe(results.length);
  expect(card.revisions.reduce((sum, { submissions }) => sum + submissions, 0)).toBe(results.length);
});

test("a report card that is missing, broken or impossible is refused, and never a zero", async () => {
  const file = JSON.parse(readFileSync(FACTS.report_card, "utf8"));
  const path = join(folder, "card.json");
  const refused = (detail: RegExp) =>
    expect(readReportCard(path)).rejects.toMatchObject({
      code: "no_report_card",
      detail: expect.stringMatching(detail),
    });
  await refused(/not there/);
  writeFileSync(path, "{");
  await refused(/not JSON/);
  for (const of of [undefined, null, -1, "225"]) {
    writeFileSync(path, JSON.stringify({ ...file, false_accepts: { ...file.false_accepts, of } }));
    await refused(/false_accepts\.of/);
  }
  writeFileSync(path, JSON.stringify({ ...file, false_accepts: { ...file.false_accepts, errors: 226 } }));
  await refused(/no rate of its cases/);
  writeFileSync(path, JSON.stringify({ ...file, results: [] }));
  await refused(/results/);
});

test("without a built page the root says how to build it, and why it failed", async () => {
  const missing = await api.app.inject("/");
  expect([missing.statusCode, missing.headers["content-type"]]).toEqual([503, "text/html; charset=utf-8"]);
  expect(missing.body).toContain("npm run build -w ui/web");
  writeFileSync(join(folder, "build-error.txt"), "no <b>such</b> file");
  expect((await api.app.inject("/")).body).toContain("no &#60;b&#62;such&#60;/b&#62; file");
});

test("the built page is served to anyone, with nothing but its own scripts allowed, and nothing beside it", async () => {
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>page</title>");
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "assets", "index-abc.js"), "export {};");
  writeFileSync(join(folder, "secret.js"), "no");
  const page = await api.app.inject("/");
  expect([page.statusCode, page.body]).toEqual([200, "<!doctype html><title>page</title>"]);
  expect(page.headers["content-security-policy"]).toMatch(/^default-src 'self'; /);
  expect(page.headers["content-security-policy"]).not.toContain("unsafe");
  const script = await api.app.inject("/assets/index-abc.js");
  expect([script.statusCode, script.headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
  expect(script.headers["cache-control"]).toContain("immutable");
  for (const url of ["/assets/..%2fsecret.js", "/assets/none.js", "/assets/.hidden.js", "/secret.js"])
    expect([url, (await api.app.inject(url)).statusCode]).toEqual([url, 404]);
});
