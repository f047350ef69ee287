import { gzipSync } from "node:zlib";
import { PROBLEMS, type ProblemCode } from "@aura/shared/problems";
import { Problem } from "@aura/shared/schemas/api/conventions";
import { createTestRuntime } from "@aura/shared/testing/factories";
import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest, countRows, type Reply } from "./api-under-test.ts";

let api: ApiUnderTest;
beforeAll(async () => {
  api = await apiUnderTest();
  await createTestRuntime(api.db, ["replay", "openai"]);
});
afterAll(() => api.close());

const ABSENT = "019abc00-0000-7000-8000-00000000abcd";
const prd = { body: "# A product\n\nIt adds.\n" };
const json = { "content-type": "application/json" };
const base64 = (text: string) => Buffer.from(text).toString("base64");
const attached = (...paths: string[]) => ({
  project: "p",
  prd: { ...prd, attachments: paths.map((path) => ({ path, content_base64: base64(path) })) },
});

/** A refusal is problem+json with its code, a hint, and nothing of the inside; and nothing was written. */
async function expectRefused(code: ProblemCode, call: () => Promise<Reply>, issue?: string): Promise<void> {
  const before = await countRows(api.db);
  const reply = await call();
  expect([reply.status, reply.body?.code, reply.text]).toEqual([PROBLEMS[code].status, code, reply.text]);
  expect(reply.headers["content-type"]).toContain("application/problem+json");
  const problem = Problem.parse(reply.body);
  expect(problem.hint).toBe(PROBLEMS[code].hint);
  expect(problem.instance).toBe(reply.headers["x-request-id"]);
  expect(reply.text).not.toMatch(/\bat .*\.[jt]s:|select |insert |\/work\/|node_modules/i);
  if (issue !== undefined) expect(problem.issues.map(({ path }) => path)).toContain(issue);
  expect(await countRows(api.db)).toEqual(before);
}

const startRun = (body: unknown) => () => api.post("/v1/runs", body);
const raw =
  (payload: string | Buffer, headers: InjectOptions["headers"] = json, url = "/v1/runs") =>
  () =>
    api.post(url, payload, { headers: headers ?? {} });

describe("a run is not started from", () => {
  test.each<[string, ProblemCode, unknown, string?]>([
    ["no body at all", "validation_failed", undefined],
    ["an array", "validation_failed", []],
    ["no project", "validation_failed", { prd }, "project"],
    ["no PRD text", "validation_failed", { project: "p", prd: {} }, "prd.body"],
    ["an unknown field", "validation_failed", { project: "p", prd, surprise: 1 }],
    ["an empty PRD", "prd_empty", { project: "p", prd: { body: "" } }],
    ["a blank PRD", "prd_empty", { project: "p", prd: { body: " \n\t\n\u00a0" } }],
    ["a PRD of markup alone", "prd_empty", { project: "p", prd: { body: "---\n\n***\n" } }],
    ["a PRD with NUL", "validation_failed", { project: "p", prd: { body: "a\u0000b" } }, "prd.body"],
    ["a PRD with half a character", "validation_failed", { project: "p", prd: { body: "a \ud800 b" } }, "prd.body"],
    ["a PRD above 256 KiB", "payload_too_large", { project: "p", prd: { body: "é".repeat(128 * 1024 + 1) } }],
    ["an unknown oversight", "validation_failed", { project: "p", prd, oversight: "none" }, "oversight"],
    ["a negative budget", "validation_failed", { project: "p", prd, budget: { usd: "-1" } }, "budget.usd"],
    ["a budget that is no decimal", "validation_failed", { project: "p", prd, budget: { usd: "1e9" } }, "budget.usd"],
    ["negative tokens", "validation_failed", { project: "p", prd, budget: { tokens: -1 } }, "budget.tokens"],
    ["an unknown toolchain", "validation_failed", { project: "p", prd, toolchain: "cobol" }, "toolchain"],
    ["a provider that nobody offers", "unknown_provider", { project: "p", prd, provider: "gemini" }],
    ["a second provider that nobody offers", "unknown_provider", { project: "p", prd, provider: "openai,gemini" }],
    ["more models than providers", "validation_failed", { project: "p", prd, provider: "openai", model: "gpt-4o,o3" }],
    ["a model without a price", "unknown_price", { project: "p", prd, provider: "openai", model: "gpt-unheard-of" }],
    ["no model where none is configured", "unknown_price", { project: "p", prd, provider: "openai" }],
    ["a PRD that was not recorded, under replay", "not_recorded", { project: "p", prd, provider: "replay" }],
    ["an unknown project id", "not_found", { project: ABSENT, prd }],
    ["an unknown base run", "not_found", { project: "p", prd, base_run_id: ABSENT }],
    ["a project name with a control character", "validation_failed", { project: "a\u0007b", prd }, "project"],
    ["a project name with NUL", "validation_failed", { project: "a\u0000b", prd }, "project"],
  ])("%s", async (_, code, body, issue) => expectRefused(code, startRun(body), issue));
});

describe("an attachment is refused when its path", () => {
  test.each([
    ["leaves the folder", "../secret.txt"],
    ["leaves the folder on the way", "a/../../b"],
    ["is absolute", "/etc/passwd"],
    ["has a backslash", "a\\b.txt"],
    ["has a control character", "a\nb.txt"],
    ["has NUL", "a\u0000.txt"],
    ["is empty", ""],
    ["ends in a slash", "folder/"],
    ["has an empty part", "a//b"],
    ["is a dot", "."],
    ["is too long", "x".repeat(241)],
  ])("%s", async (_, path) =>
    expectRefused("attachment_name_refused", startRun(attached(path)), "prd.attachments.0.path"),
  );

  test("is there twice, or twice but for upper case, or is a folder of another", async () => {
    for (const second of ["a/b.txt", "A/B.txt"])
      await expectRefused("attachment_name_refused", startRun(attached("a/b.txt", second)), "prd.attachments.1.path");
    await expectRefused("attachment_name_refused", startRun(attached("a", "a/b.txt")), "prd.attachments.0.path");
  });

  test("is fine, but the content is not base64", async () => {
    const body = { project: "p", prd: { ...prd, attachments: [{ path: "a.txt", content_base64: "not base64!" }] } };
    await expectRefused("validation_failed", startRun(body), "prd.attachments.0.content_base64");
  });
});

describe("a body is refused when it", () => {
  test.each<[string, ProblemCode, () => Promise<Reply>]>([
    ["is not JSON", "invalid_json", raw("{not json")],
    ["is empty", "invalid_json", raw("")],
    ["has something after the JSON", "invalid_json", raw('{"project": "p"} trailing')],
    ["is not UTF-8", "invalid_json", raw(Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    ["is nested beyond sense", "invalid_json", raw("[".repeat(200_000))],
    ["reaches for __proto__", "invalid_json", raw('{"__proto__": {"admin": true}, "project": "p"}')],
    ["reaches for constructor", "invalid_json", raw('{"prd": {"constructor": {"prototype": {}}}}')],
    ["is text", "unsupported_media_type", raw("hello", { "content-type": "text/plain" })],
    ["is a form", "unsupported_media_type", raw("a=b", { "content-type": "application/x-www-form-urlencoded" })],
    ["is JSON in Latin-1", "unsupported_media_type", raw("{}", { "content-type": "application/json; charset=latin1" })],
    ["is compressed", "unsupported_media_type", raw(gzipSync("{}"), { ...json, "content-encoding": "gzip" })],
    ["is above 1 MiB", "payload_too_large", raw(`{"name": "${"x".repeat(1024 * 1024)}"}`, json, "/v1/projects")],
    ["is above 16 MiB for a run", "payload_too_large", raw(`{"project": "${"x".repeat(16 * 1024 * 1024)}"}`)],
  ])("%s", async (_, code, call) => expectRefused(code, call));
});

describe("there is no such", () => {
  test.each([
    `/v1/projects/${ABSENT}`,
    `/v1/runs/${ABSENT}`,
    `/v1/runs/${ABSENT}/requirements`,
    `/v1/runs/${ABSENT}/plan`,
    `/v1/runs/${ABSENT}/suite`,
    `/v1/runs/${ABSENT}/tasks`,
    `/v1/runs/${ABSENT}/files`,
    `/v1/runs/${ABSENT}/files/a/b.txt`,
    `/v1/runs/${ABSENT}/diff`,
    `/v1/runs/${ABSENT}/software.tar.gz`,
    `/v1/runs/${ABSENT}/software.tar.gz?revision=best`,
    `/v1/runs/${ABSENT}/report`,
    `/v1/tasks/${ABSENT}`,
    `/v1/approvals/${ABSENT}`,
    `/v1/agents/${ABSENT}`,
    `/v1/agents/${ABSENT}/scorecard`,
    `/v1/budgets/${ABSENT}`,
    "/v1/nothing",
  ])("%s", async (url) => expectRefused("not_found", () => api.get(url)));
});

describe("a question is malformed when", () => {
  test.each<[string, string, string?]>([
    ["an id is no UUID", "/v1/runs/42", "path.run_id"],
    ["a status is unknown", "/v1/runs?status=sleeping", "query.status"],
    ["a filter is unknown", "/v1/runs?colour=red", "query"],
    ["a limit is 0", "/v1/runs?limit=0", "query.limit"],
    ["a limit is above 1000", "/v1/runs?limit=1001", "query.limit"],
    ["a limit is a word", "/v1/runs?limit=many", "query.limit"],
    ["a cursor is made up", "/v1/runs?cursor=abc", "query.cursor"],
    [
      "a cursor is of another list",
      `/v1/runs?cursor=${Buffer.from('["developer"]').toString("base64url")}`,
      "query.cursor",
    ],
    ["a time is none", "/v1/audit/events?from=yesterday", "query.from"],
    ["a time is outside of the calendar", "/v1/audit/events?from=0000-01-01T00:00:00Z"],
    [
      "a cursor's time is outside of the calendar",
      `/v1/runs?cursor=${Buffer.from(`["2026-99-99T99:99:99.000000Z", "${ABSENT}"]`).toString("base64url")}`,
    ],
    ["a text has NUL", "/v1/audit/events?source=%00", "query.source"],
    ["a revision is none", `/v1/runs/${ABSENT}/files?revision=../x`, "query.revision"],
    ["the last event is no sequence", "/v1/events?after=soon", "query.after"],
  ])("%s", async (_, url, issue) => expectRefused("validation_failed", () => api.get(url), issue));

  test("a URL is broken, or Last-Event-ID is no number", async () => {
    await expectRefused("validation_failed", () => api.get("/v1/runs/%ff"));
    const headers = { "last-event-id": "x" };
    await expectRefused("validation_failed", () => api.get("/v1/events", { headers }), "header.last-event-id");
  });
});

describe("the Director does not act", () => {
  const act = (body: unknown) => () => api.post("/v1/director/actions", body);
  test.each<[string, ProblemCode, unknown, string?]>([
    ["without a reason", "validation_failed", { action: "pause", target_id: ABSENT }, "reason"],
    [
      "with a reason of two letters",
      "validation_failed",
      { action: "pause", target_id: ABSENT, reason: " ok " },
      "reason",
    ],
    [
      "by an unknown action",
      "validation_failed",
      { action: "explode", target_id: ABSENT, reason: "because" },
      "action",
    ],
    ["without a target", "validation_failed", { action: "pause", reason: "because" }, "target_id"],
    [
      "on a target that is no id",
      "validation_failed",
      { action: "pause", target_id: "x", reason: "because" },
      "target_id",
    ],
    [
      "by approving without a digest",
      "validation_failed",
      { action: "approve", target_id: ABSENT, reason: "because" },
      "digest",
    ],
    [
      "with a field of another action",
      "validation_failed",
      { action: "pause", target_id: ABSENT, reason: "because", usd: "1" },
    ],
    [
      "with a negative budget",
      "validation_failed",
      { action: "set_budget", target_id: ABSENT, reason: "because", usd: "-5" },
      "usd",
    ],
    [
      "with NUL in the reason",
      "validation_failed",
      { action: "pause", target_id: ABSENT, reason: "bec\u0000ause" },
      "reason",
    ],
    ["on an unknown run", "not_found", { action: "pause", target_id: ABSENT, reason: "because" }],
    ["on an unknown task", "not_found", { action: "retry_task", target_id: ABSENT, reason: "because" }],
    [
      "on an unknown approval",
      "not_found",
      { action: "approve", target_id: ABSENT, reason: "because", digest: "0".repeat(64) },
    ],
    ["on an unknown agent", "not_found", { action: "suspend_agent", target_id: ABSENT, reason: "because" }],
  ])("%s", async (_, code, body, issue) => expectRefused(code, act(body), issue));
});

describe("no agent is taken on", () => {
  const good = { slug: "developer-9", capabilities: ["implement"], reason: "more hands" };
  test.each<[string, ProblemCode, unknown, string?]>([
    ["with a slug in upper case", "validation_failed", { ...good, slug: "Developer" }, "slug"],
    ["without capabilities", "validation_failed", { ...good, capabilities: [] }, "capabilities"],
    ["with an unknown capability", "validation_failed", { ...good, capabilities: ["rule"] }, "capabilities.0"],
    ["under a name that is taken", "name_taken", { ...good, slug: "analyst" }],
    ["without a reason", "validation_failed", { slug: "x-1", capabilities: ["plan"] }, "reason"],
  ])("%s", async (_, code, body, issue) => expectRefused(code, () => api.post("/v1/agents", body), issue));
});
