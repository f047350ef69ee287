import { gunzipSync } from "node:zlib";
import { type Tree, treeEntries } from "@aura/shared/models/tree";
import { Coverage } from "@aura/shared/schemas/api/coverage";
import { DeliveryReport } from "@aura/shared/schemas/api/report";
import { createTestRun } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";
import { ACTIVE, type LandedRun, landedRun, PLAN, SUITE, TREES } from "./landed-run.ts";

let api: ApiUnderTest;
let landed: LandedRun;
let url: string;
beforeAll(async () => {
  api = await apiUnderTest();
  landed = await landedRun(api.db);
  url = `/v1/runs/${landed.run.run_id}`;
});
afterAll(() => api.close());

describe("what was understood and planned", () => {
  test("the coverage ledger leads from every block to the evidence, and never shows a test's body", async () => {
    const reply = await api.get(`${url}/requirements`);
    const ledger = Coverage.parse(reply.body);
    expect(ledger.counts).toMatchObject({ total: 2, pass: 1, inspection: 1 });
    expect(
      ledger.blocks.map(({ block_id, disposition, requirements }) => [block_id, disposition, requirements]),
    ).toEqual([
      ["B1", "context", []],
      ["B2", null, ["R1", "R2"]],
    ]);
    const [added, read] = ledger.data;
    expect(added).toMatchObject({
      id: landed.requirement_ids.R1,
      key: "R1",
      state: "pass",
      verdict: "pass",
      acceptance_criteria: ["It adds for small numbers"],
      tasks: [{ key: "T1", closes: true, status: "verified" }],
      tests: [{ test_id: "adds", title: "adds two numbers" }],
      evidence: { kind: "implement", tests_passed: 1, tests_total: 1, sandbox_level: "bubblewrap" },
    });
    expect(read).toMatchObject({ key: "R2", state: "inspection", verdict: null, evidence: null, inspection: null });
    expect(reply.text).not.toContain(SUITE.tests[0]?.body);
  });

  test("the plan has its digest and the edges of its tasks", async () => {
    const { body } = await api.get(`${url}/plan`);
    expect(body).toMatchObject({ revision: 1, toolchain: "python", dag: [{ from: "T1", to: "T2" }] });
    expect(body.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(body.tasks).toEqual(PLAN.tasks);
  });

  test("the suite shows its tests to directors and observers; an unknown version is not found", async () => {
    const headers = { authorization: `Bearer ${api.keys.observer}` };
    const { body } = await api.get(`${url}/suite`, { headers });
    expect(body).toMatchObject({ version: 1, current: true, prelude: SUITE.prelude, tests: SUITE.tests, disputes: [] });
    expect(body.versions).toHaveLength(1);
    expect((await api.get(`${url}/suite?version=2`)).body.code).toBe("not_found");
  });

  test("a task tells its attempts, verdicts and what it serves", async () => {
    const { body } = await api.get(`/v1/tasks/${landed.tasks.T1}`);
    expect(body).toMatchObject({
      key: "T1",
      status: "verified",
      waiting_for: null,
      requirements: [{ key: "R1", closes: true }],
    });
    expect(body.attempts).toHaveLength(1);
    expect(body.verifications).toEqual([
      expect.objectContaining({
        outcome: "accepted",
        verdicts: [expect.objectContaining({ requirement_key: "R1", verdict: "pass" })],
      }),
    ]);
  });

  test("tasks are listed oldest first, by pages and filters", async () => {
    const all = (await api.get(`${url}/tasks?limit=1000`)).body.data.map(({ key }: { key: string }) => key);
    expect(all).toEqual(["REQ", "PLAN", "SUITE", "T1", "T2"]);
    const first = (await api.get(`${url}/tasks?limit=3`)).body;
    const rest = (await api.get(`${url}/tasks?limit=3&cursor=${first.next_cursor}`)).body;
    expect([...first.data, ...rest.data].map(({ key }) => key)).toEqual(all);
    expect(rest.next_cursor).toBeNull();
    const plans = (await api.get(`${url}/tasks?kind=plan&status=verified`)).body.data;
    expect(plans.map(({ key }: { key: string }) => key)).toEqual(["PLAN"]);
  });
});

describe("the software", () => {
  test("is listed as the landed head, or as another revision", async () => {
    const head = (await api.get(`${url}/files`)).body;
    expect(head.data).toEqual(treeEntries(TREES[1] as Tree));
    expect(head.revision).toMatchObject({ label: "2", number: 2, revision_id: landed.revisions[1] });
    for (const name of ["1", landed.revisions[0], "T1:1", `${landed.tasks.T1}:1`]) {
      const older = (await api.get(`${url}/files?revision=${name}`)).body;
      expect(older.data).toEqual(treeEntries(TREES[0] as Tree));
    }
    const paged = (await api.get(`${url}/files?limit=1`)).body;
    const next = (await api.get(`${url}/files?limit=1&cursor=${paged.next_cursor}`)).body;
    expect([paged.data[0].path, next.data[0].path]).toEqual(["docs/über uns.md", "logo.bin"]);
  });

  test("gives each file as it is, and nothing that a browser would run", async () => {
    const text = await api.get(`${url}/files/docs/${encodeURIComponent("über uns.md")}`);
    expect(text.text).toBe("<script>alert(1)</script>\n");
    expect(text.headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(text.headers["x-content-type-options"]).toBe("nosniff");
    expect(text.headers["content-security-policy"]).toContain("sandbox");
    const bytes = await api.get(`${url}/files/logo.bin?revision=1`);
    expect([bytes.headers["content-type"], bytes.bytes]).toEqual(["application/octet-stream", Buffer.from([0, 1, 2])]);
    for (const path of ["none.py", "docs%2f..%2flogo.bin", "..%2flogo.bin", "%2e%2e/%2e%2e/etc/passwd", ""])
      expect((await api.get(`${url}/files/${path}`)).status).toBe(404);
  });

  test("gives pages and pictures with scripts as text: escape 44", async () => {
    const { run } = await landedRun(api.db, [ACTIVE, ACTIVE]);
    for (const [path, body] of ACTIVE) {
      const file = await api.get(`/v1/runs/${run.run_id}/files/${path}`);
      expect([file.text, file.headers["content-type"]]).toEqual([body.toString(), "text/plain; charset=utf-8"]);
      expect(file.headers["x-content-type-options"]).toBe("nosniff");
      expect(file.headers["content-security-policy"]).toBe("default-src 'none'; sandbox");
    }
  });

  test("is compared by revisions and attempts; without names the head with what it was built on", async () => {
    const own = await api.get(`${url}/diff`);
    expect(own.headers["content-type"]).toContain("text/x-diff");
    expect(own.text).toContain("+    # exact\n");
    expect((await api.get(`${url}/diff?from=1&to=2`)).text).toBe(own.text);
    expect((await api.get(`${url}/diff?from=T1:1&to=head`)).text).toBe(own.text);
    expect((await api.get(`${url}/diff?from=2&to=2`)).text).toBe("");
    const first = (await api.get(`${url}/diff?to=1`)).text;
    expect(first).toContain("new file mode 100644\n--- /dev/null\n+++ b/sums/__init__.py");
    expect((await api.get(`${url}/diff?from=7`)).body.code).toBe("not_found");
  });

  test("is 409 until it is delivered; the best so far comes at any time, its report inside", async () => {
    const early = await api.get(`${url}/software.tar.gz`);
    expect([early.status, early.body.code, early.body.retryable]).toEqual([409, "nothing_delivered", true]);
    const best = await api.get(`${url}/software.tar.gz?revision=best`);
    expect([best.status, best.headers["content-type"]]).toEqual([200, "application/gzip"]);
    const tar = gunzipSync(best.bytes).toString("utf8");
    for (const piece of ["REPORT.md", "sums/__init__.py", "# exact", "docs/über uns.md"]) expect(tar).toContain(piece);
    const nothing = await createTestRun(api.db);
    const report = await api.get(`/v1/runs/${nothing.run_id}/software.tar.gz?revision=best`);
    expect(gunzipSync(report.bytes).toString("utf8")).toContain("REPORT.md");
    expect((await api.get(`/v1/runs/${nothing.run_id}/files`)).body).toEqual({
      data: [],
      next_cursor: null,
      revision: null,
    });
  });

  test("is reported as JSON, or as Markdown when that is asked for", async () => {
    const report = DeliveryReport.parse((await api.get(`${url}/report`)).body);
    expect(report.counts).toEqual((await api.get(url)).body.requirements);
    const markdown = await api.get(`${url}/report`, { headers: { accept: "text/markdown" } });
    expect(markdown.headers["content-type"]).toContain("text/markdown");
    expect(markdown.text).toContain("R1");
  });
});

describe("what it cost and what happened", () => {
  test("the budget tells limit, settled, reserved and left", async () => {
    const { body } = await api.get(`/v1/budgets/${landed.run.run_id}`);
    expect(body).toMatchObject({
      usd: { limit: "5.00", settled: "0.00", reserved: "0.00", left: "5.00" },
      tokens: { limit: 1_000_000, settled: 0, reserved: 0, left: 1_000_000 },
      calls: 0,
    });
  });

  test("audit events are listed newest first, by pages and filters", async () => {
    const all = (await api.get(`/v1/audit/events?run_id=${landed.run.run_id}&limit=1000`)).body.data;
    const ids = all.map(({ id }: { id: string }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
    const page = (await api.get(`/v1/audit/events?run_id=${landed.run.run_id}&limit=5`)).body;
    const next = (await api.get(`/v1/audit/events?run_id=${landed.run.run_id}&limit=5&cursor=${page.next_cursor}`))
      .body;
    expect([...page.data, ...next.data]).toEqual(all.slice(0, 10));
    const verified = (await api.get(`/v1/audit/events?task_id=${landed.tasks.T1}&type=task.verified`)).body.data;
    expect(verified).toEqual([expect.objectContaining({ from: "submitted", to: "verified", actor_kind: "manager" })]);
    const none = (await api.get("/v1/audit/events?to=2001-01-01T00:00:00Z")).body.data;
    expect(none).toEqual([]);
  });

  test("policies are listed with the version that applies", async () => {
    const { data } = (await api.get("/v1/policies?limit=1000")).body;
    const keys = data.map(({ key }: { key: string }) => key);
    expect(keys.length).toBeGreaterThan(0);
    expect(new Set(keys).size).toBe(keys.length);
    expect((await api.get("/v1/policies/decisions")).body).toEqual({ data: [], next_cursor: null });
  });
});
