import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { derivedId } from "@aura/shared/models/ids";
import { readBlobs, readJson } from "@aura/shared/postgres/blobs";
import { Run, StartedRun } from "@aura/shared/schemas/api/run";
import { PrdBlock } from "@aura/shared/schemas/prd";
import { TaskSpec } from "@aura/shared/schemas/task-spec";
import { createTestRuntime } from "@aura/shared/testing/factories";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";

const BODY = "# Sums\r\n\r\nIt adds.\r\n\r\n- two numbers\r\n";
const CSV = Buffer.from("a,b\n1,2\n");
const attachments = [
  { path: "data/numbers.csv", content_base64: CSV.toString("base64") },
  { path: "about.txt", content_base64: Buffer.from("about").toString("base64") },
];

let api: ApiUnderTest;
let recordings: string;
beforeAll(async () => {
  recordings = mkdtempSync(join(tmpdir(), "aura-recordings-"));
  mkdirSync(join(recordings, "sums"));
  const recording = {
    prd_sha256: sha256Hex(BODY.replaceAll("\r\n", "\n")),
    attachments: [
      { path: "about.txt", sha256: sha256Hex("about") },
      { path: "data/numbers.csv", sha256: sha256Hex(CSV) },
    ],
    calls: [],
  };
  writeFileSync(join(recordings, "sums", "recording.json"), JSON.stringify(recording));
  api = await apiUnderTest({ recordings, budget_usd: "7.5", budget_tokens: 1234 });
  await createTestRuntime(api.db, ["replay"]);
});
afterAll(async () => {
  await api.close();
  rmSync(recordings, { recursive: true });
});

const start = (extra: object = {}) =>
  api.post("/v1/runs", { project: "sums", prd: { body: BODY, attachments }, ...extra });

describe("POST /v1/runs", () => {
  test("replies 201 with the run, planning, under the configured defaults", async () => {
    const reply = await start();
    expect([reply.status, reply.text]).toEqual([201, reply.text]);
    const run = StartedRun.parse(reply.body);
    expect(run).toMatchObject({
      project: "sums",
      title: "Sums",
      status: "planning",
      oversight: "supervised",
      provider: "replay",
      model: "recorded",
      toolchain: "python",
      stop_reason: null,
      sealed: false,
      tasks: { ready: 1 },
      spend: { usd: "0.00", tokens: 0, usd_limit: "7.50", tokens_limit: 1234 },
      requirements: { total: 0, pass: 0 },
      waiting_for: { reason: "planning", owner: "agent" },
    });
    expect(reply.headers.location).toBe(`/v1/runs/${run.id}`);
    expect(run.id[14]).toBe("7");
  });

  test("keeps the PRD verbatim, its attachments and its blocks, by hash", async () => {
    const { id } = (await start()).body;
    const pool = api.db.pools.manager;
    const { rows } = await pool.query<{ body: string; attachments: string; blocks: string; prd_id: string }>(
      `select prd_id, encode(body_sha256, 'hex') as body, encode(attachments_sha256, 'hex') as attachments,
              encode(blocks_sha256, 'hex') as blocks
       from orchestra_runs r join prds p on p.id = r.prd_id where r.id = $1`,
      [id],
    );
    const prd = rows[0];
    if (prd === undefined) throw new Error("no PRD");
    expect((await readBlobs(pool, [prd.body])).get(prd.body)?.toString()).toBe(BODY);
    const refs = await readJson(pool, prd.attachments, z.array(z.object({ path: z.string(), sha256: z.string() })));
    expect(refs.map(({ path }) => path)).toEqual(["about.txt", "data/numbers.csv"]);
    expect((await readBlobs(pool, [refs[1]?.sha256 ?? ""])).get(refs[1]?.sha256 ?? "")).toEqual(CSV);
    const blocks = await readJson(pool, prd.blocks, z.array(PrdBlock));
    expect(blocks.map(({ body }) => body)).toEqual(["Sums", "It adds.", "two numbers"]);
    const stored = await pool.query("select block_id, body from prd_blocks where prd_id = $1 order by position", [
      prd.prd_id,
    ]);
    expect(stored.rows).toEqual(blocks.map(({ block_id, body }) => ({ block_id, body })));
  });

  test("makes one task ready, with an id that follows from the run's", async () => {
    const { id } = (await start()).body;
    const { body } = await api.get(`/v1/runs/${id}/tasks`);
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({ id: derivedId(id, "REQ"), key: "REQ", kind: "requirements", status: "ready" });
    const detail = await api.get(`/v1/tasks/${body.data[0].id}`);
    expect(TaskSpec.parse(detail.body.specification)).toEqual(TaskSpec.parse({}));
  });

  test("is recorded as the Director's act, whose request and name its events carry", async () => {
    const reply = await start();
    const { data } = (await api.get(`/v1/audit/events?run_id=${reply.body.id}&type=run.created`)).body;
    expect(data).toHaveLength(1);
    expect(data[0]).toMatchObject({
      actor_kind: "director",
      request_id: reply.headers["x-request-id"],
      to: "planning",
    });
    const { rows } = await api.db.pools.manager.query(
      "select action, outcome from director_actions where target_id = $1",
      [reply.body.id],
    );
    expect(rows).toEqual([{ action: "create_run", outcome: "done" }]);
  });

  test("takes a budget of 0 as nothing may be spent, and a part of a budget with the default for the rest", async () => {
    const zero = await start({ budget: { usd: "0", tokens: 0 } });
    expect(zero.body.spend).toMatchObject({ usd_limit: "0.00", tokens_limit: 0 });
    const part = await start({ budget: { usd: "0.000001" } });
    expect(part.body.spend).toMatchObject({ usd_limit: "0.000001", tokens_limit: 1234 });
  });

  test("takes a toolchain by its name, and names the known ones where there is none of that name", async () => {
    expect((await start({ toolchain: "typescript" })).body.toolchain).toBe("typescript");
    const refused = await start({ toolchain: "cobol" });
    expect([refused.status, refused.body.code]).toEqual([400, "validation_failed"]);
    expect(refused.body.detail).toContain("python, typescript");
  });

  test("uses the project of that name or id again", async () => {
    const [first, second] = [(await start()).body, (await start()).body];
    expect(second.project_id).toBe(first.project_id);
    const byId = await start({ project: first.project_id });
    expect(byId.body.project_id).toBe(first.project_id);
  });

  test("refuses under replay what was recorded with other attachments", async () => {
    const reply = await start({ prd: { body: BODY, attachments: attachments.slice(0, 1) } });
    expect([reply.status, reply.body.code]).toEqual([422, "not_recorded"]);
  });
});

test("list and detail of runs show the same run", async () => {
  const { id } = (await start()).body;
  const detail = Run.parse((await api.get(`/v1/runs/${id}`)).body);
  const list = (await api.get("/v1/runs?status=planning")).body.data.map((run: unknown) => Run.parse(run));
  expect(list.find((run: Run) => run.id === id)).toEqual(detail);
});

test("a list by pages is the list, newest first, each once", async () => {
  for (let n = 0; n < 3; n += 1) await start();
  const whole = (await api.get("/v1/runs?limit=1000")).body.data.map(({ id }: Run) => id);
  const pages: string[] = [];
  let cursor = "";
  do {
    const page = (await api.get(`/v1/runs?limit=2${cursor}`)).body;
    pages.push(...page.data.map(({ id }: Run) => id));
    cursor = page.next_cursor === null ? "" : `&cursor=${page.next_cursor}`;
  } while (cursor !== "");
  expect(pages).toEqual(whole);
  expect([...whole].sort().reverse()).toEqual(whole);
});
