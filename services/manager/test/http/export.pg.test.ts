import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosign } from "@aura/shared/ledger/checkpoints";
import { COSIGNATURE, parseNote, signerOf } from "@aura/shared/ledger/notes";
import { verify } from "@aura/shared/ledger/verifier/verify";
import { callVerb } from "@aura/shared/postgres/verbs";
import { AUDITOR, allDone } from "@aura/shared/testing/factories";
import { logSigner, sealEndedRuns, sealLog } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";
import { landedRun } from "./landed-run.ts";

let api: ApiUnderTest;
let origin: string;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-export-"));
  api = await apiUnderTest();
  origin = await api.app.listen({ port: 0, host: "127.0.0.1" });
  const { run } = await landedRun(api.db);
  await sealLog(api.db);
  await api.post("/v1/director/actions", { action: "cancel", target_id: run.run_id, reason: "seen enough" });
  const note = {
    event_type: "replay.mismatch",
    description: '=HYPERLINK("x")',
    payload_base64: Buffer.from("x".repeat(900_000)).toString("base64"),
  };
  const events = Array.from({ length: 6 }, () => note); // more bytes than fit into a page
  await allDone(callVerb(api.db.pools.auditor, "append_events", AUDITOR, events));
  await sealEndedRuns(api.db);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const asObserver = () => ({ headers: { authorization: `Bearer ${api.keys.observer}` } });

async function logKey(): Promise<string> {
  const { text } = await api.get("/v1/audit/checkpoint");
  return logSigner(text.slice(0, text.indexOf("\n"))).verifier.text;
}

async function check(text: string, name: string, witnesses: string[] = []) {
  const file = join(folder, name);
  writeFileSync(file, text);
  return verify(file, { keys: [await logKey()], witnesses, checkpoints: [] });
}

test("the export is sound to the offline verifier, with the seals of ended runs and every payload", async () => {
  const { status, headers, text } = await api.get("/v1/audit/export", asObserver());
  expect([status, headers["content-type"]]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
  expect(await check(text, "sound.jsonl")).toMatchObject({
    outcome: "sound",
    summary: { kind: "export", runs_sealed: 1, checkpoints: 3, payloads: { kept: 6 } },
  });
});

test("what a superuser changed behind the log's back shows in the export", async () => {
  const client = await api.db.pools.admin.connect();
  const altered = async (statement: string) => {
    await client.query(`begin; set local session_replication_role = replica; ${statement}`);
    await client.query("commit");
    return check((await api.get("/v1/audit/export")).text, "altered.jsonl");
  };
  const id = "(select event_id from audit_leaves where seq = 5)";
  const before = await client.query(`select description from audit_events where id = ${id}`);
  expect(await altered(`update audit_events set description = 'other' where id = ${id}`)).toMatchObject({
    exit: 1,
    seq: 5,
  });
  const back = await altered(`update audit_events set description = '${before.rows[0]?.description}' where id = ${id}`);
  client.release();
  expect(back).toMatchObject({ exit: 0 });
});

test("as CSV it has the columns, the place and the leaf, and no cell that a spreadsheet would run", async () => {
  const { status, headers, text } = await api.get("/v1/audit/export?format=csv", asObserver());
  expect([status, headers["content-type"]]).toEqual([200, "text/csv; charset=utf-8"]);
  const [head, first] = text.split("\r\n");
  expect(head).toBe(
    "seq,id,source,severity,description,created_at,event_type,run_id,task_id,subject_type,subject_id,actor_kind,actor_id,tx,leaf",
  );
  expect(first).toMatch(/^0,[0-9a-f-]{36},.*,[0-9a-f]{64}$/);
  expect(text).toContain(`,"'=HYPERLINK(""x"")",`);
});

test("the export is on record, in the name of who asked, before its first byte", async () => {
  const { headers } = await api.get("/v1/audit/export", asObserver());
  const { rows } = await api.db.pools.admin.query(
    `select e.actor_kind, k.name, e.subject_id from audit_events e join api_keys k on k.id::text = e.actor_id
      where e.event_type = 'object.read' and e.subject_type = 'audit_export'
        and convert_from(e.env, 'UTF8')::jsonb ->> 'request_id' = $1`,
    [headers["x-request-id"]],
  );
  const size = (await api.get("/v1/audit/checkpoints?limit=1")).body.data[0].size;
  expect(rows).toEqual([{ actor_kind: "observer", name: "observer-valid", subject_id: String(size) }]);
});

test("a client that goes away ends the export, and four that take nothing leave no place for a fifth", async () => {
  const url = `${origin}/v1/audit/export`;
  const headers = { authorization: `Bearer ${api.keys.director}` };
  const stalled = await Promise.all(
    Array.from(
      { length: 4 },
      () =>
        new Promise<{ end: () => void }>((resolve, reject) => {
          const request = get(url, { headers, agent: false }, (reply) => {
            reply.pause();
            resolve({ end: () => request.destroy() });
          }).on("error", reject);
        }),
    ),
  );
  expect(await (await fetch(url, { headers })).json()).toMatchObject({ code: "rate_limited" });
  for (const { end } of stalled) end();
  const free = async () => (await api.get("/v1/audit/export?format=csv")).status;
  await expect.poll(free, { timeout: 20_000 }).toBe(200);
});

test("it is asked for, never probed: a HEAD writes nothing", async () => {
  const reply = await api.app.inject({ method: "HEAD", url: "/v1/audit/export", ...asObserver() });
  expect(reply.statusCode).toBe(404);
});

test("who trusts a witness gets what it cosigned, unless it has been silent for a minute", async () => {
  const witness = signerOf("aura_orchestra/witness", Buffer.alloc(32, 7), COSIGNATURE);
  const { text: note } = await api.get("/v1/audit/checkpoint");
  const size = Number(note.split("\n")[1]);
  const line = cosign(parseNote(note).text, 1_700_000_000, witness);
  const { admin, auditor } = api.db.pools;
  await allDone(callVerb(auditor, "record_cosignatures", AUDITOR, [size], [witness.verifier.name], [line]));
  await admin.query("insert into projects (id, name) values (gen_random_uuid(), 'after the witness looked')");
  await sealLog(api.db);
  const exported = async () =>
    check((await api.get("/v1/audit/export")).text, "witnessed.jsonl", [witness.verifier.text]);
  expect(await exported()).toMatchObject({ outcome: "sound", summary: { events: size } });

  const client = await admin.connect();
  const change = `update audit_checkpoints set signed_at = signed_at - interval '2 minutes' where size <= ${size}`;
  await client.query(`begin; set local session_replication_role = replica; ${change}; commit`);
  client.release();
  expect(await exported()).toMatchObject({ exit: 2 });
});
