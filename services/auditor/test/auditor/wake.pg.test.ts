import { once } from "node:events";
import { createLog } from "@aura/shared/log";
import { listenForTasks } from "@aura/shared/postgres/task-notifications";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSandboxQueue } from "../../src/auditor/sandbox-queue.ts";
import { verifyNext } from "../../src/auditor/verification-loop.ts";
import { GateClient } from "../../src/dependencies/gate-client.ts";
import { startPolling } from "../../src/polling-loop.ts";
import { scriptedSandbox } from "./scripted-sandbox.ts";
import { seedRun } from "./seeded-run.ts";

let database: TestDatabase;
const log = createLog("auditor", "silent");
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database?.close());

test("a notification of work begins the next step at once, and a recorded verdict tells the others", async () => {
  const { auditor, manager, admin } = database.pools;
  const ending = new AbortController();
  let steps = 0;
  const options = { name: "slow", log, idleMs: 3_600_000, busyMs: 3_600_000 };
  const loop = startPolling(options, async () => {
    steps += 1;
    return false;
  });
  const listening = listenForTasks(auditor, () => loop.wake(), log, ending.signal);
  await expect.poll(() => steps).toBe(2); // its beginning, and the connection that may have missed some
  await manager.query("notify aura_tasks");
  await expect.poll(() => steps).toBe(3);

  const client = await manager.connect();
  await client.query("listen aura_tasks");
  const heard = once(client, "notification");
  const run = await seedRun(admin);
  await run.submit("requirements", { requirements: [], dispositions: [], questions: [] });
  const sandbox = createSandboxQueue(scriptedSandbox({}));
  await verifyNext(
    {
      pool: auditor,
      log,
      sandbox,
      gate: new GateClient("/nowhere"),
      mutation: { count: 0, wall_ms: 0 },
      holder: "auditor-one",
    },
    ending.signal,
  );
  expect((await heard)[0]).toMatchObject({ channel: "aura_tasks" });

  client.release(true);
  ending.abort();
  await Promise.all([loop.stop(), listening]);
});
