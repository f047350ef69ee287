import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { directorAction } from "@aura/shared/testing/factories";
import { logSigner, sealEndedRuns } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "../../../services/manager/test/http/api-under-test.ts";
import { landedRun } from "../../../services/manager/test/http/landed-run.ts";
import { aura as call } from "./aura.ts";

let api: ApiUnderTest;
let env: NodeJS.ProcessEnv;
let folder: string;
let key: string;
const aura = (...argv: string[]) => call(env, "audit", ...argv);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-cli-log-"));
  api = await apiUnderTest();
  env = { AURA_MANAGER_URL: await api.app.listen({ port: 0, host: "127.0.0.1" }), MANAGER_API_KEY: api.keys.observer };
  const { run } = await landedRun(api.db);
  await directorAction(api.db, "cancel", run.run_id);
  await sealEndedRuns(api.db);
  const { text } = await api.get("/v1/audit/checkpoint");
  key = logSigner(text.slice(0, text.indexOf("\n"))).verifier.text;
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

async function eventAt(seq: number): Promise<string> {
  const { rows } = await api.db.pools.admin.query("select event_id from audit_leaves where seq = $1", [seq]);
  return rows[0].event_id as string;
}

test("the log is fetched into a new file, and is sound with its key", async () => {
  const file = join(folder, "log.jsonl");
  const fetched = await aura("export", file);
  expect([fetched.code, fetched.out]).toEqual([0, expect.stringContaining(`Check it: aura audit verify ${file}`)]);
  const sound = await aura("verify", file, "--key", key, "--json");
  expect([sound.code, sound.json]).toMatchObject([
    0,
    { outcome: "sound", summary: { kind: "export", runs_sealed: 1 } },
  ]);
  const again = await aura("export", file);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("file_exists")]);
});

test("as CSV it is fetched too, and cannot be verified", async () => {
  const file = join(folder, "log.csv");
  expect((await aura("export", file, "--format", "csv")).code).toBe(0);
  expect(readFileSync(file, "utf8")).toMatch(/^seq,id,/);
  expect((await aura("verify", file, "--key", key)).code).toBe(2);
});

test("an export that is refused leaves no file behind", async () => {
  const file = join(folder, "refused.jsonl");
  const refused = await call({ ...env, MANAGER_API_KEY: "wrong" }, "audit", "export", file);
  expect([refused.code, existsSync(file)]).toEqual([1, false]);
});

test("the proof of an event is checked here: with its key proved, without it not", async () => {
  const event = await eventAt(7);
  const proved = await aura("proof", event, "--key", key);
  expect([proved.code, proved.out]).toEqual([0, expect.stringContaining(`Proved: event ${event} is number 7 of `)]);
  const json = await aura("proof", event, "--key", key, "--json");
  expect(json.json).toMatchObject({ outcome: "sound", summary: { seq: 7 }, proof: { event_id: event } });
  expect((await aura("proof", event)).code).toBe(2);
  expect((await aura("proof", event, "--key", logSigner("another/log/1").verifier.text)).code).toBe(2);
});

test("an event that is not there proves nothing, and says nothing against the log", async () => {
  const { code, out } = await aura("proof", "01000000-0000-8000-8000-000000000000", "--key", key);
  expect([code, out]).toEqual([2, expect.stringMatching(/^Cannot tell: not_found/)]);
});

test("what a superuser changed behind the log's back has no proof", async () => {
  const event = await eventAt(9);
  const client = await api.db.pools.admin.connect();
  await client.query("set session_replication_role = replica");
  await client.query(
    "update audit_events set env = convert_to(replace(convert_from(env, 'UTF8'), '\"info\"', '\"none\"'), 'UTF8') where id = $1",
    [event],
  );
  client.release(true);
  expect((await aura("proof", event, "--key", key)).code).toBe(1);
});
