import { createHash } from "node:crypto";
import { parseEnvelope } from "@aura/shared/ledger/envelopes";
import { canonicalJson } from "@aura/shared/models/canonical-json";
import { callVerb } from "@aura/shared/postgres/verbs";
import { createTestRun, createTestRuntime, directorAction, MANAGER, taskInState } from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

const KEYS =
  "action_id actor_id actor_kind at db_role description event_type from id payload_sha256 request_id run_id set severity source subject_id subject_type task_id to tx v".split(
    " ",
  );

const HOSTILE = [
  'quote " backslash \\ slash /',
  '","actor_kind":"director","x":"',
  "\b\f\n\r\t\u0001\u001f\u007f\u0080",
  "\u2028 \u2029 \u202e bidi \u200b",
  "emoji \u{1F600} \u{10FFFF} noncharacter \uFFFF",
  "ümlaut é 漢字 عربى",
  '{"a":1}',
  "' or 1=1 --",
  "$1 %s %I \\u0000",
  "a".repeat(20_000),
];

/** Long texts stand in an envelope as their hash. */
function bounded(text: string): string {
  return Buffer.byteLength(text) <= 1000 ? text : `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

interface EventRow {
  readonly id: string;
  readonly env: Buffer;
  readonly leaf: Buffer;
  readonly [column: string]: unknown;
}

async function events(): Promise<EventRow[]> {
  const { rows } = await db.pools.auditor.query<EventRow>(
    `select *, to_char(created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from audit_events order by id`,
  );
  return rows;
}

/** The term goes on under another name. */
async function leadAs(holder: string): Promise<void> {
  await db.pools.admin.query("update manager_lease set holder = $1", [holder]);
}

function parse(event: EventRow): Record<string, unknown> {
  return JSON.parse(event.env.toString("utf8"));
}

test("envelopes are RFC 8785 bytes of exactly the keys of version 1, whatever texts they carry", async () => {
  for (const [n, text] of HOSTILE.entries()) {
    await db.pools.admin.query(
      "insert into agents (id, slug, capabilities, provider, model) values (gen_random_uuid(), $1, '{review}', $2, $2)",
      [`hostile-${n}`, text],
    );
    const ctx = {
      ...MANAGER,
      actor_id: text.slice(0, 200),
      request_id: text.slice(0, 200),
      action_id: text.slice(0, 200),
    };
    await leadAs(ctx.actor_id);
    await callVerb(db.pools.manager, "release_tasks", ctx, ["01a208ec-0000-7000-8000-000000000000"]);
    await db.pools.admin.query("update agents set model = null where slug = $1", [`hostile-${n}`]);
  }
  await leadAs(MANAGER.actor_id);
  const all = await events();
  for (const event of all) {
    const text = event.env.toString("utf8");
    expect(canonicalJson(JSON.parse(text)) === text, text.slice(0, 400)).toBe(true);
    expect(Object.keys(parse(event))).toEqual(KEYS);
    expect(parseEnvelope(event.env), "what whoever checks the log offline takes for an envelope").toEqual(parse(event));
  }
  const stored = all
    .filter((event) => event.event_type === "agent.created")
    .map((event) => (parse(event).set as { model?: string }).model);
  expect(stored.slice(-HOSTILE.length)).toEqual(HOSTILE.map(bounded));
  const refused = all.filter((event) => event.event_type === "release_tasks.refused");
  expect(refused.map((event) => parse(event).request_id)).toEqual(HOSTILE.map((text) => text.slice(0, 200)));
  const changed = all.filter((event) => event.event_type === "agent.changed").map((event) => parse(event).set);
  expect(changed).toEqual(HOSTILE.map(() => ({ model: null })));
});

test("the leaf is SHA-256 of 0x00 and the bytes, and the columns are what the bytes say", async () => {
  const runtime = await createTestRuntime(db);
  const run = await createTestRun(db);
  await taskInState(db, runtime, run, "verified", "implement");
  await directorAction(db, "pause", run.run_id);
  for (const event of await events()) {
    const leaf = createHash("sha256")
      .update(Buffer.from([0]))
      .update(event.env)
      .digest();
    expect(leaf.equals(event.leaf)).toBe(true);
    const envelope = parse(event);
    for (const column of [
      "id",
      "source",
      "severity",
      "description",
      "event_type",
      "subject_type",
      "subject_id",
      "actor_kind",
      "actor_id",
      "tx",
      "at",
    ]) {
      expect(envelope[column], column).toBe(event[column]);
    }
    expect([envelope.run_id, envelope.task_id]).toEqual([event.run_id ?? "", event.task_id ?? ""]);
  }
});

test("events name who acted: the login's own kinds only, everything else is unattributed and critical", async () => {
  const run = await createTestRun(db);
  await directorAction(db, "set_priority", run.run_id, { priority: 5 });
  const client = await db.pools.admin.connect();
  await client.query(
    "select set_config('aura.actor_kind', 'director', false), set_config('aura.actor_id', 'somebody', false)",
  );
  await client.query("update orchestra_runs set priority = 7 where id = $1", [run.run_id]);
  client.release(true);
  const { rows } = await db.pools.auditor.query(
    "select actor_kind, actor_id, severity, source from audit_events where run_id = $1 and event_type = 'run.changed' order by id",
    [run.run_id],
  );
  expect(rows).toEqual([
    { actor_kind: "director", actor_id: "director", severity: "info", source: "manager" },
    { actor_kind: "unattributed", actor_id: "aura_admin", severity: "critical", source: "database" },
  ]);
});

test("ids rise in the order of the changes of one transaction, and begin with generation and transaction", async () => {
  for (const event of await events()) {
    const hex = event.id.replaceAll("-", "");
    expect(hex.slice(0, 2)).toBe("01");
    expect(BigInt(`0x${hex.slice(2, 12)}${hex.slice(13, 16)}`)).toBe(BigInt(event.tx as string));
  }
});
