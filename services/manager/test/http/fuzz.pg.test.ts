import { Problem } from "@aura/shared/schemas/api/conventions";
import type { Operation } from "@aura/shared/schemas/api/operation";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { createTestRuntime } from "@aura/shared/testing/factories";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";
import { type LandedRun, landedRun } from "./landed-run.ts";

let api: ApiUnderTest;
let landed: LandedRun;
beforeAll(async () => {
  api = await apiUnderTest();
  await createTestRuntime(api.db);
  landed = await landedRun(api.db);
});
afterAll(() => api.close());

const operations: readonly Operation[] = Object.values(OPERATIONS).filter(({ id }) => id !== "streamEvents");

/** Values that stand at the edges of what types, columns and parsers take. */
const odd = () =>
  fc.oneof(
    fc.constantFrom<unknown>("", "0", "-1", "99999999.999999", "1e400", "B1", "approve", "pause", "set_budget", "pass"),
    fc.constantFrom<unknown>("\u0000", "\ud800", "é".repeat(300), "../..", "head", "T1:1", "2026-02-30T00:00:00Z"),
    fc.constantFrom<unknown>(null, true, -1, 0, 2 ** 53, 1e308, [], {}, landed.run.run_id, landed.tasks.T1),
    fc.constantFrom<unknown>(landed.requirement_ids.R2, "019abc00-0000-7000-8000-00000000abcd", "a".repeat(64)),
    fc.string({ unit: "binary", maxLength: 20 }),
  );

const NAMES = ["limit", "cursor", "status", "kind", "run_id", "from", "to", "revision", "version", "type", "standing"];
const KEYS =
  "action target_id reason digest answer block_id verdict priority usd tokens agent_id name project prd budget slug capabilities mode";

const body = () =>
  fc.oneof(
    { weight: 4, arbitrary: fc.dictionary(fc.constantFrom(...KEYS.split(" ")), odd(), { maxKeys: 8 }) },
    { weight: 2, arbitrary: actionBody() },
    { weight: 1, arbitrary: odd() },
  );

/** Well-formed but for its values: gets past the shapes and down to the verbs. */
const actionBody = () =>
  fc.record({
    action: fc.constantFrom(
      "approve",
      "set_aside",
      "override_verdict",
      "reassign_task",
      "set_priority",
      "set_budget",
      "retire_agent",
    ),
    target_id: odd(),
    reason: fc.constantFrom("because", "  x  ", "why\u0000not"),
    digest: fc.constant("a".repeat(64)),
    verdict: fc.constantFrom("pass", "fail", "maybe"),
    usd: odd(),
    block_id: odd(),
  });

const request = () =>
  fc.record({
    operation: fc.constantFrom(...operations),
    params: fc.array(odd(), { minLength: 2, maxLength: 2 }),
    query: fc.dictionary(fc.constantFrom(...NAMES), odd(), { maxKeys: 3 }),
    body: body(),
  });

test("whatever is sent, the reply is a success or a problem of the caller, never a failure of the server", async () => {
  await fc.assert(
    fc.asyncProperty(request(), async ({ operation, params, query, body }) => {
      const rest = [...params];
      const path = operation.path.replace(/:[a-z_]+|\*/g, () => encodeURIComponent(wellFormed(rest.shift())));
      const search = new URLSearchParams(
        Object.fromEntries(Object.entries(query).map(([name, value]) => [name, wellFormed(value)])),
      );
      const reply = await api.app.inject({
        method: operation.method,
        url: `${path}?${search}`,
        headers: { authorization: `Bearer ${api.keys.director}`, "content-type": "application/json" },
        ...(operation.method === "POST" ? { payload: JSON.stringify(body) ?? "" } : {}),
      });
      expect([operation.id, reply.statusCode < 500, reply.body]).toEqual([operation.id, true, reply.body]);
      if (reply.statusCode >= 400) Problem.parse(reply.json());
    }),
    { numRuns: 400 },
  );
});

function wellFormed(value: unknown): string {
  return (typeof value === "string" ? value : JSON.stringify(value)).toWellFormed();
}
