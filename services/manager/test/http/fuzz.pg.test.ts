import { KEY_ROLES, type KeyRole } from "@aura/shared/enums/actor";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { Problem } from "@aura/shared/schemas/api/conventions";
import type { Operation } from "@aura/shared/schemas/api/operation";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { attestTestRun, deliveredRun } from "@aura/shared/testing/delivered-run";
import {
  createTestRun,
  createTestRuntime,
  directorAction,
  MANAGER,
  openTestApproval,
} from "@aura/shared/testing/factories";
import { sealEndedRuns } from "@aura/shared/testing/sealing";
import fc, { type Arbitrary } from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { ManagerVerbs } from "../../src/db/orchestration-verbs.ts";
import { ROLES_ALLOWED } from "../../src/http/access.ts";
import { IdempotencyHeaders } from "../../src/http/idempotency.ts";
import { priceRows } from "../../src/policy-enforcer/model-prices.ts";
import { type ApiUnderTest, addKey, apiUnderTest } from "./api-under-test.ts";
import { type Received, violations } from "./conformance.ts";
import { landedRun, PLAN } from "./landed-run.ts";
import { arbitraryOf, nearlyOf, type Pool } from "./schema-arbitrary.ts";

/** The same cases every time; a failure prints seed and path of its case. */
const SEED = 20_261_126;
const CASES = 40;
const MANY = 1_000_000;
const MODEL = "fuzzed";
const operations: readonly Operation[] = Object.values(OPERATIONS);

let api: ApiUnderTest;
let origin: string;
let pool: Pool;
beforeAll(async () => {
  const rate_limits = { calls: MANY, heavy_calls: MANY, anonymous_calls: MANY, key_attempts: MANY };
  api = await apiUnderTest({ rate_limits, provider: "openai", model: MODEL });
  origin = await api.app.listen({ port: 0, host: "127.0.0.1" });
  pool = await seed();
});
afterAll(() => api.close());

/** Runs in several states, with what belongs to them. @returns the values by which requests can name all that */
async function seed(): Promise<Pool> {
  const { db, keys } = api;
  await createTestRuntime(db, ["replay", "openai"]);
  const prices = priceRows({ [`openai/${MODEL}`]: { input: "1", output: "4" } });
  await new ManagerVerbs(MANAGER.actor_id, MANAGER.term).setModelPrices(db.pools.manager, prices);
  const landed = await landedRun(db);
  const fresh = await createTestRun(db);
  const ended = await createTestRun(db);
  await directorAction(db, "cancel", ended.run_id);
  const delivered = await deliveredRun(db, landed.runtime);
  await attestTestRun(db, delivered);
  await sealEndedRuns(db);
  const asked = await openTestApproval(db, landed.run.run_id, "question", landed.tasks.T1);
  await openTestApproval(db, fresh.run_id, "question", fresh.first_task_id);
  for (const role of KEY_ROLES) await addKey(db, role);
  const column = async (sql: string) => (await db.pools.admin.query<{ v: string }>(sql)).rows.map(({ v }) => v);
  const inUse = Object.values(keys).map((key) => `'${sha256Hex(key)}'`);
  const all = {
    run_id: [landed.run.run_id, fresh.run_id, ended.run_id, delivered.run_id],
    task_id: await column("select id::text as v from task_queue"),
    event_id: await column("select event_id::text as v from audit_leaves where seq < 20"),
    approval_id: await column("select id::text as v from approvals"),
    agent_id: await column("select id::text as v from agents"),
    project_id: await column("select id::text as v from projects"),
    key_id: await column(`select id::text as v from api_keys where encode(key_sha256, 'hex') not in (${inUse})`),
  };
  const requirements = Object.values(landed.requirement_ids);
  return {
    ...all,
    target_id: [...Object.values(all).flat(), ...requirements],
    project: ["sums", ...all.project_id],
    base_run_id: [null],
    attachments: [[]],
    repository: all.run_id.map((id) => `${id}.git`),
    digest: [asked.digest],
    revision: ["head", "best", "base", "1", "T1:1", landed.revisions[0]],
    from: ["base", "1", "2026-01-01T00:00:00Z"],
    to: ["head", "2", "2027-01-01T00:00:00+02:00"],
    "*": ["sums/__init__.py", "logo.bin", "docs/über uns.md", "0/000.p/9", "entries/000.p/2"],
    version: [1],
    key: Object.values(keys),
    provider: ["openai"],
    model: [MODEL],
    toolchain: [PLAN.toolchain],
    body: ["# Sums\n\nIt adds.\n"],
    path: ["data/numbers.csv"],
    content_base64: ["YSxi"],
    cursor: [],
  };
}

interface Case {
  readonly role: KeyRole | null;
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

/** Well-formed requests, and as many in which one part has one thing wrong. */
function casesOf(operation: Operation): Arbitrary<Case> {
  const part = (schema: z.ZodType | undefined) => arbitraryOf(schema ?? z.strictObject({}), pool);
  const parts = {
    params: part(operation.params),
    query: part(operation.query),
    headers: part(operation.method === "POST" ? z.object(IdempotencyHeaders.shape) : undefined),
    body: operation.binary_body === undefined ? part(operation.body) : fc.constantFrom("0000", "0009done\n", "zzzz"),
  };
  const role = fc.constantFrom<KeyRole | null>("director", "director", "director", "observer", "service", null);
  const wrong = Object.entries(parts).map(([name, made]) =>
    fc.record({ role, ...parts, [name]: nearlyOf(made) } as Record<keyof Case, Arbitrary<unknown>>),
  );
  const right = fc.record({ role, ...parts });
  return fc.oneof(
    { weight: wrong.length, arbitrary: right },
    ...wrong.map((arbitrary) => ({ weight: 1, arbitrary })),
  ) as Arbitrary<Case>;
}

const textOf = (value: unknown) => (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).toWellFormed();
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const entriesOf = (part: unknown) =>
  Object.entries(isObject(part) ? part : {}).filter(([, value]) => value !== undefined);
const textsOf = (part: unknown) => Object.fromEntries(entriesOf(part).map(([name, value]) => [name, textOf(value)]));

/** A case as it goes over the wire. */
function requestOf(operation: Operation, { role, params, query, headers, body }: Case) {
  const names = textsOf(params);
  const path = operation.path
    .replace(/:([a-z_]+)/g, (_, name: string) => encodeURIComponent(names[name] ?? ""))
    .replace("*", () => (names["*"] ?? "").split("/").map(encodeURIComponent).join("/"));
  const sent = Object.entries(textsOf(headers)).filter(([, value]) => /^[\x20-\x7e\x80-\xff]*$/.test(value));
  const takesBody = operation.body !== undefined || operation.binary_body !== undefined;
  return {
    method: operation.method,
    url: `${path}?${new URLSearchParams(textsOf(query))}`,
    headers: {
      ...Object.fromEntries(sent),
      ...(role === null ? {} : { authorization: `Bearer ${api.keys[role]}` }),
      ...(takesBody ? { "content-type": operation.binary_body ?? "application/json" } : {}),
    },
    ...(takesBody
      ? { payload: operation.binary_body === undefined ? (JSON.stringify(body) ?? "") : textOf(body) }
      : {}),
  };
}

/** Whether what went over the wire is as the operation's schemas have it. */
function isWellFormed(operation: Operation, { params, query, body }: Case): boolean {
  const fits = (schema: z.ZodType | undefined, value: unknown) => schema?.safeParse(value).success ?? true;
  const named = Object.entries(textsOf(params)).filter(([name]) =>
    operation.path.includes(name === "*" ? name : `:${name}`),
  );
  const sent = JSON.stringify(body);
  return (
    fits(operation.params, Object.fromEntries(named)) &&
    fits(operation.query, textsOf(query)) &&
    (operation.body === undefined || (sent !== undefined && fits(operation.body, JSON.parse(sent))))
  );
}

/** A choice of more than twenty bodies needs more cases, for some of each. */
const casesFor = ({ id }: Operation) => (id === "act" ? 5 * CASES : CASES);

type Sent = ReturnType<typeof requestOf>;

/** A stream's reply has no end, so only its head is looked at. */
async function send(operation: Operation, request: Sent): Promise<Received> {
  if (operation.id === "streamEvents") {
    const end = new AbortController();
    const reply = await fetch(`${origin}${request.url}`, { headers: request.headers, signal: end.signal });
    const text = reply.ok ? "" : await reply.text();
    end.abort();
    return { status: reply.status, media: mediaOf(reply.headers.get("content-type")), text };
  }
  const reply = await api.app.inject(request);
  return { status: reply.statusCode, media: mediaOf(reply.headers["content-type"]), text: reply.payload };
}

const mediaOf = (type: unknown) => `${type}`.split(";")[0] ?? "";

/** Refused for who asks, before anything else is looked at; null where the role may call. */
function refusalOf({ access }: Operation, role: KeyRole | null): number | null {
  if (access === "public") return null;
  if (role === null) return 401;
  return ROLES_ALLOWED[access].includes(role) ? null : 403;
}

describe("whoever sends whatever, the reply is one that the operation declares", () => {
  test.each(operations.map((operation) => [operation.id, operation] as const))(
    "%s",
    async (_, operation) => {
      let successes = 0;
      const check = async (made: Case) => {
        const request = requestOf(operation, made);
        const reply = await send(operation, request);
        const seen = `${request.method} ${request.url} ${"payload" in request ? request.payload : ""} as ${made.role}: ${reply.status} ${reply.text}`;
        expect(violations(operation, reply), seen).toEqual([]);
        const isRouted =
          reply.status !== 404 ||
          Problem.parse(JSON.parse(reply.text)).detail !== "no operation has this method and path";
        const refused = refusalOf(operation, made.role);
        if (refused !== null && isRouted) expect(reply.status, seen).toBe(refused);
        if (!isWellFormed(operation, made)) expect(reply.status, seen).toBeGreaterThanOrEqual(400);
        if (reply.status < 300) successes += 1;
      };
      await fc.assert(fc.asyncProperty(casesOf(operation), check), { seed: SEED, numRuns: casesFor(operation) });
      expect(successes, "no case succeeded, so no success was checked").toBeGreaterThan(0);
    },
    30_000,
  );
});
