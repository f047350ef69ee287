import { callVerb } from "@aura/shared/postgres/verbs";
import {
  addTestTask,
  allDone,
  assignAndAccept,
  createTestAgent,
  createTestRun,
  createTestRuntime,
  directorAction,
  hash,
  MANAGER,
  putAgentJson,
  RUNTIME,
  type TestClaim,
  type TestRun,
  type TestRuntime,
  taskStatus,
} from "@aura/shared/testing/factories";
import { type TestDatabase, testDatabase } from "@aura/shared/testing/postgres";
import { afterAll, beforeAll, expect, test } from "vitest";

let db: TestDatabase;
let runtime: TestRuntime;
beforeAll(async () => {
  db = await testDatabase();
  runtime = await createTestRuntime(db);
  const price = { provider: "openai", model: "priced", input_usd: "1", output_usd: "10", source: "test" };
  await db.pools.manager.query("select set_model_prices($1, $2)", [MANAGER, JSON.stringify([price])]);
});
afterAll(() => db.close());

const refused = (code: string) => expect.objectContaining({ outcome: "refused", code });
const done = expect.objectContaining({ outcome: "done" });

async function claimOf(run: TestRun): Promise<TestClaim> {
  return assignAndAccept(db, runtime, await addTestTask(db, run), await createTestAgent(db, runtime, ["implement"]));
}

async function reserve(claim: TestClaim, input: number, output: number, provider = "openai", model = "priced") {
  return reserveFor(claim, await stored(claim, {}), input, output, provider, model);
}

async function reserveFor(
  claim: TestClaim,
  prompt: Buffer | null,
  input: number,
  output: number,
  provider = "openai",
  model = "priced",
) {
  const args = [claim.token, claim.task_id, claim.claim_id, provider, model, input, output, prompt];
  return (await callVerb(db.pools.agent, "reserve_call", RUNTIME, ...args))[0];
}

async function stored(claim: TestClaim, document: object): Promise<Buffer> {
  return hash(await putAgentJson(db, claim.token, document));
}

async function settle(claim: TestClaim, callId: string, input: number, output: number) {
  return settleAs(claim, callId, input, output, "ok", await stored(claim, {}));
}

async function settleAs(
  claim: TestClaim,
  callId: string,
  input: number,
  output: number,
  outcome: string | null,
  reply: Buffer | null,
) {
  const args = [claim.token, callId, input, output, outcome, reply, 5];
  return (await callVerb(db.pools.agent, "settle_call", RUNTIME, ...args))[0];
}

test("the worst case is reserved before a call, what it took is charged after, in money and tokens", async () => {
  const run = await createTestRun(db, { provider: "openai", usd_limit: "0.02", tokens_limit: 10_000 });
  const claim = await claimOf(run);
  const call = await reserve(claim, 1000, 1500); // 0.001 + 0.015
  expect(call).toEqual(done);
  expect(await reserve(claim, 1000, 1000)).toEqual(refused("budget_exhausted"));
  expect(await settle(claim, call?.id ?? "", 500, 100)).toEqual(done); // 0.0015
  expect(await settle(claim, call?.id ?? "", 500, 100)).toEqual(refused("illegal_transition"));
  expect(await reserve(claim, 1000, 1000)).toEqual(done);
  const { rows } = await db.pools.manager.query(
    "select status, reserved_usd, usd from model_calls where run_id = $1 order by id",
    [run.run_id],
  );
  expect(rows).toEqual([
    { status: "settled", reserved_usd: "0.016000", usd: "0.001500" },
    { status: "reserved", reserved_usd: "0.011000", usd: null },
  ]);
  expect(await reserve(claim, 9000, 1, "openai", "priced")).toEqual(refused("budget_exhausted"));
});

test("a budget of 0 means that nothing may be spent, a price of 0 still counts tokens", async () => {
  const broke = await claimOf(await createTestRun(db, { provider: "openai", usd_limit: "0" }));
  expect(await reserve(broke, 1, 1)).toEqual(refused("budget_exhausted"));
  const free = await claimOf(await createTestRun(db, { provider: "replay", usd_limit: "0", tokens_limit: 100 }));
  expect(await reserve(free, 50, 50, "replay", "recorded")).toEqual(done);
  expect(await reserve(free, 1, 0, "replay", "recorded")).toEqual(refused("budget_exhausted"));
});

test("a task with a budget of its own is held to it, whatever its run has left, over all its attempts", async () => {
  const run = await createTestRun(db, { provider: "openai" });
  const dear = await addTestTask(db, run, { usd_limit: "0.002" });
  const long = await addTestTask(db, run, { tokens_limit: 100 });
  const free = await addTestTask(db, run);
  const [poor, short, rich] = [
    await assignAndAccept(db, runtime, dear, await createTestAgent(db, runtime, ["implement"])),
    await assignAndAccept(db, runtime, long, await createTestAgent(db, runtime, ["implement"])),
    await assignAndAccept(db, runtime, free, await createTestAgent(db, runtime, ["implement"])),
  ];
  expect(await reserve(poor, 0, 201)).toEqual(refused("budget_exhausted"));
  expect(await reserve(short, 51, 50)).toEqual(refused("budget_exhausted"));
  expect(await reserve(short, 50, 50)).toEqual(done);
  expect(await reserve(short, 1, 0)).toEqual(refused("budget_exhausted"));
  await allDone(callVerb(db.pools.manager, "escalate_tasks", MANAGER, [long], ["stuck"], ["test"]));
  await directorAction(db, "retry_task", long);
  const again = await assignAndAccept(db, runtime, long, await createTestAgent(db, runtime, ["implement"]));
  expect(await reserve(again, 1, 0)).toEqual(refused("budget_exhausted"));
  expect(await reserve(rich, 1000, 1000)).toEqual(done);
});

test("two calls at once cannot both take the last of a budget", async () => {
  const run = await createTestRun(db, { provider: "openai", usd_limit: "0.011" });
  const claims = [await claimOf(run), await claimOf(run), await claimOf(run)];
  const outcomes = await Promise.all(claims.map((claim) => reserve(claim, 1000, 1000)));
  expect(outcomes.filter((outcome) => outcome?.outcome === "done")).toHaveLength(1);
});

test("an unknown price and a provider that the run does not allow stop the call", async () => {
  const claim = await claimOf(await createTestRun(db, { provider: "openai" }));
  expect(await reserve(claim, 1, 1, "openai", "unheard-of")).toEqual(refused("unknown_price"));
  expect(await reserve(claim, 1, 1, "replay", "recorded")).toEqual(refused("provider_not_allowed"));
});

test("a call settles after its claim went stale, and one that never settles is charged in full", async () => {
  const run = await createTestRun(db, { provider: "openai" });
  const claim = await claimOf(run);
  const [late, lost] = [await reserve(claim, 100, 100), await reserve(claim, 100, 100)];
  await allDone(callVerb(db.pools.manager, "cancel_tasks", MANAGER, [claim.task_id], ["test"]));
  expect(await reserve(claim, 1, 1)).toEqual(refused("stale_claim"));
  expect(await settle(claim, late?.id ?? "", 10, 10)).toEqual(done);
  const expired = await callVerb(db.pools.manager, "expire_reservations", MANAGER, 0);
  expect(expired).toContainEqual({ id: lost?.id, outcome: "done", code: null, detail: null });
  const { rows } = await db.pools.manager.query("select status, usd from model_calls where id = $1", [lost?.id]);
  expect(rows).toEqual([{ status: "charged_in_full", usd: "0.001100" }]);
  const other = await createTestRuntime(db);
  expect(await settle({ ...claim, token: other.token }, lost?.id ?? "", 1, 1)).toEqual(refused("wrong_runtime"));
  expect(await settle(claim, lost?.id ?? "", 1, 1)).toEqual(done);
});

test("a run that ends leaves no call open: it is charged in full at once, nothing more is reserved, a late reply corrects it", async () => {
  const run = await createTestRun(db, { provider: "openai" });
  const claim = await claimOf(run);
  const open = await reserve(claim, 100, 100);
  expect(await directorAction(db, "cancel", run.run_id)).toEqual(done);
  const charge = async () =>
    (await db.pools.manager.query("select status, usd from model_calls where run_id = $1", [run.run_id])).rows;
  expect(await charge()).toEqual([{ status: "charged_in_full", usd: "0.001100" }]);
  expect(await reserve(claim, 1, 1)).toEqual(refused("stale_claim"));
  expect(await settle(claim, open?.id ?? "", 10, 10)).toEqual(done);
  expect(await charge()).toEqual([{ status: "settled", usd: "0.000110" }]);
});

test("a raised budget brings the tasks back that waited for it", async () => {
  const run = await createTestRun(db);
  const [waiting, stuck] = [await addTestTask(db, run), await addTestTask(db, run)];
  await allDone(
    callVerb(
      db.pools.manager,
      "escalate_tasks",
      MANAGER,
      [waiting, stuck],
      ["budget_exhausted", "stuck"],
      [null, null],
    ),
  );
  expect(await directorAction(db, "set_budget", run.run_id, { usd: "-1" })).toEqual(refused("validation_failed"));
  expect(await directorAction(db, "set_budget", run.run_id, { usd: "10", tokens: 5_000_000 })).toEqual(done);
  expect([await taskStatus(db, waiting), await taskStatus(db, stuck)]).toEqual(["ready", "awaiting_director"]);
});

test("prices: a row only where the newest differs", async () => {
  const price = (usd: string) =>
    JSON.stringify([{ provider: "p", model: "m", input_usd: usd, output_usd: "1", source: "test" }]);
  const set = async (usd: string) =>
    (await db.pools.manager.query("select set_model_prices($1, $2) as n", [MANAGER, price(usd)])).rows[0];
  expect([await set("1"), await set("1.0"), await set("2"), await set("1")]).toEqual([
    { n: 1 },
    { n: 0 },
    { n: 1 },
    { n: 1 },
  ]);
});

test("an answered call took at least a token each way; one that failed may have cost nothing", async () => {
  const claim = await claimOf(await createTestRun(db, { provider: "openai" }));
  const [answered, failed] = [await reserve(claim, 10, 10), await reserve(claim, 10, 10)];
  expect(await settle(claim, answered?.id ?? "", -1, 0)).toEqual(refused("validation_failed"));
  expect(await settle(claim, answered?.id ?? "", 0, 0)).toEqual(done);
  expect(await settleAs(claim, failed?.id ?? "", 0, 0, "provider_failed", null)).toEqual(done);
  const { rows } = await db.pools.manager.query(
    "select input_tokens, output_tokens, usd from model_calls where task_id = $1 order by id",
    [claim.task_id],
  );
  expect(rows).toEqual([
    { input_tokens: "1", output_tokens: "1", usd: "0.000011" },
    { input_tokens: "0", output_tokens: "0", usd: "0.000000" },
  ]);
});

test("a claim makes at most 200 calls", async () => {
  const claim = await claimOf(await createTestRun(db));
  const args = [claim.token, claim.task_id, claim.claim_id, "replay", "recorded", await stored(claim, {})];
  await db.pools.agent.query("select reserve_call($1, $2, $3, $4, $5, $6, 1, 1, $7) from generate_series(1, 200)", [
    RUNTIME,
    ...args,
  ]);
  expect(await reserve(claim, 1, 1, "replay", "recorded")).toEqual(refused("limit_reached"));
});

test("an answered call costs a token for each 8 characters that were stored, whatever its runtime says it took", async () => {
  const claim = await claimOf(await createTestRun(db, { provider: "openai" }));
  const first = await stored(claim, { messages: "p".repeat(800) });
  const second = await stored(claim, { messages: "äß".repeat(400), previous: first.toString("hex") });
  const reply = await stored(claim, { content: "r".repeat(400) });
  const [began, went] = [await reserveFor(claim, first, 900, 900), await reserveFor(claim, second, 900, 900)];
  for (const call of [began, went]) expect(await settleAs(claim, call?.id ?? "", 1, 1, "ok", reply)).toEqual(done);
  const { rows } = await db.pools.manager.query(
    "select input_tokens, output_tokens, usd from model_calls where task_id = $1 order by id",
    [claim.task_id],
  );
  expect(rows).toEqual([
    { input_tokens: "101", output_tokens: "51", usd: "0.000611" },
    { input_tokens: "213", output_tokens: "51", usd: "0.000723" },
  ]);
});

test("a runtime that says the impossible is refused, and what it reserved is charged in full", async () => {
  const claim = await claimOf(await createTestRun(db, { provider: "openai" }));
  expect(await reserveFor(claim, null, 10, 10), "no prompt").toEqual(refused("not_found"));
  expect(await reserveFor(claim, Buffer.alloc(32, 7), 10, 10), "a prompt that is not stored").toEqual(
    refused("not_found"),
  );
  const prompt = await stored(claim, { messages: "p".repeat(85) }); // 100 bytes
  const reply = await stored(claim, { content: "r" });
  const call = (await reserveFor(claim, prompt, 10, 10))?.id ?? "";
  const huge = 9_000_000_000_000_000;
  for (const [input, output, outcome, text, code] of [
    [121, 0, "ok", reply, "validation_failed"],
    [60, 61, "ok", reply, "validation_failed"],
    [huge, huge, "ok", reply, "validation_failed"],
    [-1, 5, "provider_failed", null, "validation_failed"],
    [5, 5, null, null, "validation_failed"],
    [5, 5, "ok", null, "validation_failed"],
    [5, 5, "ok", Buffer.alloc(32, 7), "not_found"],
    [0, 0, "provider_failed", reply, "validation_failed"],
  ] as const) {
    const what = JSON.stringify([input, output, outcome]);
    expect(await settleAs(claim, call, input, output, outcome, text), what).toEqual(refused(code));
  }
  await callVerb(db.pools.manager, "expire_reservations", MANAGER, 0);
  const { rows } = await db.pools.manager.query("select status, usd, reserved_usd from model_calls where id = $1", [
    call,
  ]);
  expect(rows).toEqual([{ status: "charged_in_full", usd: "0.000110", reserved_usd: "0.000110" }]);
  expect(await settleAs(claim, call, 60, 60, "ok", reply)).toEqual(done);
});

test("bytes that are no text, and a chain of prompts without an end, are measured all the same", async () => {
  const claim = await claimOf(await createTestRun(db, { provider: "openai" }));
  const put = async (body: Buffer) => {
    const { rows } = await db.pools.agent.query<{ sha256: Buffer }>(
      "select h as sha256 from put_agent_blobs($1, array[$2::bytea], '{application/json}') h",
      [claim.token, body],
    );
    return (rows[0] as { sha256: Buffer }).sha256;
  };
  const noise = await put(Buffer.alloc(160, 0xff));
  let last = noise;
  for (let n = 0; n < 70; n += 1) last = await stored(claim, { previous: last.toString("hex"), pad: "p".repeat(72) });
  const [loud, long] = [await reserveFor(claim, noise, 900, 900), await reserveFor(claim, last, 9000, 900)];
  for (const call of [loud, long]) expect(await settleAs(claim, call?.id ?? "", 0, 0, "ok", noise)).toEqual(done);
  const { rows } = await db.pools.manager.query(
    "select input_tokens, output_tokens from model_calls where task_id = $1 order by id",
    [claim.task_id],
  );
  expect(rows).toEqual([
    { input_tokens: "20", output_tokens: "20" },
    { input_tokens: "1280", output_tokens: "20" },
  ]);
});
