import { putBlobs } from "@aura/shared/postgres/blobs";
import { callVerb } from "@aura/shared/postgres/verbs";
import { MANAGER } from "@aura/shared/testing/factories";
import { sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, addKey, apiUnderTest } from "./api-under-test.ts";
import { type LandedRun, landedRun } from "./landed-run.ts";

const OUTPUT = "1 test passed, quietly";

let api: ApiUnderTest;
let landed: LandedRun;
beforeAll(async () => {
  api = await apiUnderTest();
  landed = await landedRun(api.db);
  const [output] = await putBlobs(api.db.pools.auditor, [{ body: Buffer.from(OUTPUT), media_type: "text/plain" }]);
  await api.db.pools.admin.query(
    `insert into evidence (id, verification_id, kind, command, output_sha256, duration_ms)
     select gen_random_uuid(), id, 'acceptance_run', '{node}', decode($2, 'hex'), 1 from verifications where task_id = $1`,
    [landed.tasks.T1, output],
  );
  await sealLog(api.db);
});
afterAll(() => api.close());

interface Recorded {
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly subject_type: string;
  readonly subject_id: string;
  readonly run_id: string | null;
  readonly request_id: string;
  readonly tx: string;
}

async function recorded(): Promise<Recorded[]> {
  const { rows } = await api.db.pools.admin.query<Recorded & Record<string, unknown>>(
    `select actor_kind, actor_id, subject_type, subject_id, run_id, tx::text,
            convert_from(env, 'UTF8')::jsonb ->> 'request_id' as request_id
       from audit_events where event_type = 'object.read' order by id`,
  );
  return rows;
}

async function idOf(name: string): Promise<string> {
  const { rows } = await api.db.pools.admin.query<{ id: string }>("select id from api_keys where name = $1", [name]);
  return rows[0]?.id ?? "";
}

const as = (role: "director" | "observer" | "service") => ({ headers: { authorization: `Bearer ${api.keys[role]}` } });
const TASK = () => `/v1/tasks/${landed.tasks.T1}`;

test("evidence that is given out is on record as read by whose key asked, of whatever role", async () => {
  for (const role of ["observer", "service"] as const) {
    const reply = await api.get(TASK(), as(role));
    expect(reply.status).toBe(200);
    expect(reply.text).toContain(OUTPUT);
    expect((await recorded()).at(-1)).toMatchObject({
      actor_kind: role,
      actor_id: await idOf(`${role}-valid`),
      subject_type: "task_evidence",
      subject_id: landed.tasks.T1,
      request_id: reply.headers["x-request-id"],
    });
  }
});

test("a task without evidence, and whatever holds nothing sensitive, is read without a record", async () => {
  const before = (await recorded()).length;
  const { rows } = await api.db.pools.admin.query<{ id: string }>(
    "select id from task_queue where id not in (select task_id from verifications where task_id is not null) limit 1",
  );
  if (rows[0] !== undefined) expect((await api.get(`/v1/tasks/${rows[0].id}`)).status).toBe(200);
  for (const path of ["/v1/runs", `/v1/runs/${landed.run.run_id}`, "/v1/audit/checkpoint", "/v1/audit/events"])
    expect((await api.get(path)).status).toBe(200);
  expect(await recorded()).toHaveLength(before);
});

test("reading reopens no run: the record is of none", async () => {
  const counted = async () =>
    (await api.db.pools.admin.query("select from audit_events where run_id = $1", [landed.run.run_id])).rowCount;
  const before = await counted();
  await api.get(TASK());
  expect(await counted()).toBe(before);
  expect((await recorded()).every(({ run_id }) => run_id === null)).toBe(true);
});

test("the list of keys is on record as the Director's", async () => {
  await api.get("/v1/keys");
  expect((await recorded()).at(-1)).toMatchObject({
    actor_kind: "director",
    subject_type: "api_keys",
    subject_id: "list",
  });
});

test("reads of the same moment are written in few transactions, one event each", async () => {
  const before = (await recorded()).length;
  const replies = await Promise.all(Array.from({ length: 40 }, () => api.get(TASK(), as("observer"))));
  expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
  const rows = (await recorded()).slice(before);
  expect(rows).toHaveLength(40);
  expect(new Set(rows.map(({ request_id }) => request_id)).size).toBe(40);
  expect(new Set(rows.map(({ tx }) => tx)).size).toBeLessThan(40);
});

test("what cannot be recorded is not given out, and is given out again once it can", async () => {
  const client = await api.db.pools.admin.connect();
  const unguarded = async (statement: string) => {
    await client.query(`begin; set local session_replication_role = replica; ${statement}`);
    await client.query("commit");
  };
  await unguarded("alter table audit_events add constraint no_reads check (event_type <> 'object.read') not valid");
  try {
    for (const path of [TASK(), "/v1/keys", "/v1/audit/export", "/v1/audit/export?format=csv"]) {
      const reply = await api.get(path);
      expect([path, reply.status, reply.body.code, reply.body.retryable]).toEqual([path, 503, "log_unavailable", true]);
      expect(reply.text).not.toMatch(/quietly|observer-valid|envelope|leaf/);
    }
  } finally {
    await unguarded("alter table audit_events drop constraint no_reads");
    client.release();
  }
  expect((await api.get(TASK())).status).toBe(200);
});

test("the Manager makes up no reader: without a valid key the record is refused, and what is read has a known name", async () => {
  const revoked = await addKey(api.db, "observer", "revoked");
  const read = { presented_key: api.keys.observer, request_id: "r", subject_type: "api_keys", subject_id: "list" };
  const before = (await recorded()).length;
  const outcomes = await callVerb(api.db.pools.manager, "record_reads", MANAGER, [
    { ...read, presented_key: revoked },
    { ...read, presented_key: "nobody" },
    { ...read, subject_type: "anything" },
    { ...read, subject_id: "free text, at length" },
    { ...read, subject_id: null },
  ]);
  expect(outcomes.map(({ code }) => code)).toEqual([
    "unauthenticated",
    "unauthenticated",
    "validation_failed",
    "validation_failed",
    "validation_failed",
  ]);
  expect(await recorded()).toHaveLength(before);
  for (const login of ["agent", "auditor"] as const)
    await expect(callVerb(api.db.pools[login], "record_reads", MANAGER, [read])).rejects.toMatchObject({
      code: "42501",
    });
});
