import { createLog } from "@aura/shared/log";
import { AuraError } from "@aura/shared/problems";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchIsolation } from "../../src/auditor/isolation-watch.ts";
import { ESCAPED } from "../../src/sandbox/canaries.ts";
import type { Sandbox } from "../../src/sandbox/port.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.close());

const CHECK = { tree: new Map(), toolchain: "python", command: "compile", arguments: [], attachments: new Map() };
const DONE = { exit_code: 0, reason: "exit", stdout: "", stderr: "", duration_ms: 1 } as const;
const lost = (detail: string) => new AuraError("isolation_unavailable", detail);

function watched(holder: string, script: Partial<Sandbox>): Sandbox {
  return watchIsolation(scriptedSandbox(script), database.pools.auditor, holder, createLog("auditor", "silent"));
}

async function alarmsOf(holder: string): Promise<unknown[]> {
  const { rows } = await database.pools.admin.query<{ alarm: unknown }>(
    `select jsonb_build_array(event_type, severity, actor_kind, convert_from(p.payload, 'UTF8')::jsonb ->> 'detail') as alarm
       from audit_events e join audit_payloads p on p.event_id = e.id where e.subject_id = $1 order by e.id`,
    [holder],
  );
  return rows.map(({ alarm }) => alarm);
}

test("a loss of isolation raises one critical event until the sandbox isolates again, an escape its own", async () => {
  let circumstance: AuraError | null = lost("bubblewrap is missing");
  const sandbox = watched("watch-one", {
    runCheck: async () => {
      if (circumstance !== null) throw circumstance;
      return DONE;
    },
  });
  const failed = () => expect(sandbox.runCheck(CHECK)).rejects.toBe(circumstance);
  const unavailable = ["sandbox.unavailable", "critical", "auditor", "bubblewrap is missing"];
  await failed();
  await failed();
  expect(await alarmsOf("watch-one")).toEqual([unavailable]);

  circumstance = lost(`${ESCAPED}: tcp`);
  await failed();
  await failed();
  const escaped = ["sandbox.escaped", "critical", "auditor", `${ESCAPED}: tcp`];
  expect(await alarmsOf("watch-one")).toEqual([unavailable, escaped]);

  circumstance = null;
  expect(await sandbox.runCheck(CHECK)).toEqual(DONE);
  circumstance = lost("bubblewrap is missing");
  await failed();
  expect(await alarmsOf("watch-one")).toEqual([unavailable, escaped, unavailable]);
});

test("work that was killed, and a tree that is refused, are no loss of isolation", async () => {
  const sandbox: Sandbox = watched("watch-two", {
    runCheck: async () => {
      await sandbox.killAll();
      throw lost("the sandbox was stopped; try again");
    },
    environment: () => Promise.reject(new AuraError("validation_failed", "no such toolchain")),
  });
  await expect(sandbox.runCheck(CHECK)).rejects.toThrow("stopped");
  await expect(sandbox.environment()).rejects.toThrow("no such toolchain");
  expect(await alarmsOf("watch-two")).toEqual([]);
});
