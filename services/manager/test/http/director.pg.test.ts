import { DIRECTOR_ACTIONS } from "@aura/shared/enums/actor";
import { newId } from "@aura/shared/models/ids";
import { DirectorAction, DirectorActionRequest } from "@aura/shared/schemas/api/director-action";
import {
  addTestTask,
  createTestRun,
  createTestRuntime,
  openTestApproval,
  type TestApproval,
  type TestRun,
  taskInState,
} from "@aura/shared/testing/factories";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "./api-under-test.ts";

let api: ApiUnderTest;
let run: TestRun;
beforeAll(async () => {
  api = await apiUnderTest();
  run = await createTestRun(api.db, { oversight: "supervised" });
});
afterAll(() => api.close());

const act = (body: object) => api.post("/v1/director/actions", { reason: "because it is right", ...body });

const openApproval = (kind: "delivery" | "question", subject_id = newId()): Promise<TestApproval> =>
  openTestApproval(api.db, run.run_id, kind, subject_id, { shown: "to the Director", subject_id });

test("the API knows exactly the actions that the vocabulary has", () => {
  const known = DirectorActionRequest.options.map((option) => option.shape.action.value);
  expect([...known].sort()).toEqual([...DIRECTOR_ACTIONS].sort());
});

describe("an approval", () => {
  test("shows the document and the digest that binds it, and is listed while it is pending", async () => {
    const { id, digest } = await openApproval("delivery");
    const { body } = await api.get(`/v1/approvals/${id}`);
    expect(body).toMatchObject({
      id,
      kind: "delivery",
      status: "pending",
      digest,
      content: { shown: "to the Director" },
    });
    const list = (await api.get(`/v1/approvals?status=pending&run_id=${run.run_id}`)).body.data;
    expect(list.map((row: { id: string }) => row.id)).toContain(id);
    const waiting = (await api.get(`/v1/runs/${run.run_id}`)).body.waiting_for;
    expect(waiting).toMatchObject({ reason: "delivery_approval", owner: "director" });
    expect(waiting.approval_ids).toContain(id);
  });

  test("is not decided with another digest, and the refusal is recorded", async () => {
    const { id } = await openApproval("delivery");
    const reply = await act({ action: "approve", target_id: id, digest: "cd".repeat(32) });
    expect([reply.status, reply.body.code]).toEqual([409, "digest_mismatch"]);
    expect((await api.get(`/v1/approvals/${id}`)).body.status).toBe("pending");
    const { rows } = await api.db.pools.manager.query(
      "select outcome, code from director_actions where target_id = $1",
      [id],
    );
    expect(rows).toEqual([{ outcome: "refused", code: "digest_mismatch" }]);
  });

  test("is decided once", async () => {
    const { id, digest } = await openApproval("delivery");
    const first = await act({ action: "approve", target_id: id, digest });
    expect(first.status).toBe(201);
    const row = DirectorAction.parse(first.body);
    expect(row).toMatchObject({ action: "approve", target_id: id, outcome: "done", reason: "because it is right" });
    expect((await api.get(`/v1/approvals/${id}`)).body).toMatchObject({ status: "approved", decided_by: row.id });
    const second = await act({ action: "reject", target_id: id, digest });
    expect([second.status, second.body.code]).toEqual([409, "approval_used"]);
  });

  test("of a question is answered, never approved", async () => {
    const { id, digest } = await openApproval("question", run.first_task_id);
    const approved = await act({ action: "approve", target_id: id, digest });
    expect([approved.status, approved.body.code]).toEqual([409, "illegal_transition"]);
    expect((await act({ action: "answer", target_id: id, answer: "Half to even." })).status).toBe(201);
    expect((await api.get(`/v1/approvals/${id}`)).body).toMatchObject({ status: "approved", answer: "Half to even." });
  });
});

describe("runs and tasks obey", () => {
  test("pause holds a run, a second pause is refused, resume releases it", async () => {
    const target_id = run.run_id;
    expect((await act({ action: "pause", target_id })).status).toBe(201);
    expect((await api.get(`/v1/runs/${target_id}`)).body.waiting_for.reason).toBe("paused");
    expect((await act({ action: "pause", target_id })).status).toBe(409);
    expect((await act({ action: "resume", target_id })).status).toBe(201);
    expect((await api.get(`/v1/runs/${target_id}`)).body.paused_at).toBeNull();
  });

  test("a task that waits for the Director tells what to do, and goes on by retry_task", async () => {
    const runtime = await createTestRuntime(api.db);
    const target_id = await taskInState(api.db, runtime, run, "awaiting_director");
    const { waiting_for } = (await api.get(`/v1/tasks/${target_id}`)).body;
    expect(waiting_for).toMatchObject({
      reason: "stuck",
      owner: "director",
      next_step: expect.stringContaining("retry_task"),
    });
    expect((await act({ action: "retry_task", target_id })).status).toBe(201);
    expect((await api.get(`/v1/tasks/${target_id}`)).body).toMatchObject({ status: "ready" });
    expect((await act({ action: "retry_task", target_id })).body.code).toBe("illegal_transition");
  });

  test("set_budget and set_priority show in the run; a PRD block is set aside by run and block id", async () => {
    const target_id = run.run_id;
    expect((await act({ action: "set_budget", target_id, usd: "12.5" })).status).toBe(201);
    expect((await act({ action: "set_priority", target_id, priority: 7 })).status).toBe(201);
    expect((await act({ action: "set_aside", target_id, block_id: "B2" })).status).toBe(201);
    const { body } = await api.get(`/v1/runs/${target_id}`);
    expect([body.spend.usd_limit, body.priority]).toEqual(["12.50", 7]);
    const ledger = (await api.get(`/v1/runs/${target_id}/requirements`)).body;
    expect(ledger.blocks[1]).toMatchObject({ block_id: "B2", disposition: "set_aside" });
  });

  test("stop_all and resume_all need no target and show in every open run", async () => {
    expect((await act({ action: "stop_all" })).status).toBe(201);
    expect((await api.get(`/v1/runs/${run.run_id}`)).body.waiting_for.reason).toBe("stopped");
    expect((await api.get("/readyz")).body.checks.system.status).toBe("degraded");
    expect((await act({ action: "resume_all", target_id: null })).status).toBe(201);
  });

  test("bytes are erased by a Director alone, with a reason, and whoever asks for them is told so", async () => {
    const { id } = await openApproval("delivery");
    const { rows } = await api.db.pools.admin.query<{ sha256: string }>(
      "select encode(content_sha256, 'hex') as sha256 from approvals where id = $1",
      [id],
    );
    const erasure = { action: "erase_blob", sha256: rows[0]?.sha256, reason: "asked for by the person it is about" };
    for (const role of ["observer", "service"] as const) {
      const headers = { authorization: `Bearer ${api.keys[role]}` };
      expect((await api.post("/v1/director/actions", erasure, { headers })).status).toBe(403);
    }
    expect((await act({ ...erasure, reason: "" })).status).toBe(400);
    expect((await api.get(`/v1/approvals/${id}`)).status).toBe(200);
    expect((await act(erasure)).status).toBe(201);
    expect((await act(erasure)).body).toMatchObject({ status: 404, code: "not_found" });
    expect((await api.get(`/v1/approvals/${id}`)).body).toMatchObject({ status: 410, code: "not_kept" });
  });

  test("the payload of an event is erased by its id, once", async () => {
    const raised = await api.db.pools.auditor.query<{ id: string }>("select id from append_events($1, $2)", [
      { actor_kind: "auditor", actor_id: "auditor-one" },
      JSON.stringify([{ event_type: "log.mismatch", description: "said", payload_base64: "aGVsbG8=" }]),
    ]);
    const target_id = raised.rows[0]?.id;
    expect((await act({ action: "erase_payload", target_id })).body).toMatchObject({ outcome: "done", target_id });
    expect((await act({ action: "erase_payload", target_id })).status).toBe(404);
    expect((await act({ action: "erase_payload", target_id: newId() })).status).toBe(404);
    const { rows } = await api.db.pools.admin.query(
      "select payload, salt, (select actor_kind from audit_events e where e.subject_id = p.event_id::text and e.event_type = 'payload.erased') as by from audit_payloads p where event_id = $1",
      [target_id],
    );
    expect(rows).toEqual([{ payload: null, salt: null, by: "director" }]);
  });

  test("set_policy puts a further version in force and refuses what its rule cannot read", async () => {
    const set = async (key: string, value: string) => {
      const { status, body } = await act({ action: "set_policy", key, value });
      return [status, body.code];
    };
    expect(await set("dependencies.listed", "npm:left-pad pypi:lxml")).toEqual([201, null]);
    expect(await set("task.failures_max", "5")).toEqual([201, null]);
    const { body } = await api.get("/v1/policies");
    const policies: { key: string; value: string; version: number }[] = body.data;
    const inForce = (key: string) =>
      policies.filter((policy) => policy.key === key).sort((a, b) => b.version - a.version)[0];
    expect(inForce("dependencies.listed")).toMatchObject({ version: 2, value: "npm:left-pad pypi:lxml" });
    expect(inForce("task.failures_max")).toMatchObject({ version: 2, value: "5" });
    for (const [key, value] of [
      ["dependencies.listed", "left-pad"],
      ["dependencies.mode", "anything"],
      ["dependencies.licences", ""],
      ["dependencies.version_age_days", "soon"],
      ["approval.delivery.locked", "never"],
      ["questions.autonomous", "ask nobody"],
      ["hr.probation_below", "-1"],
    ] as const)
      expect(await set(key, value), key).toEqual([400, "validation_failed"]);
    expect(await set("no.such.policy", "1")).toEqual([404, "not_found"]);
    const events = await api.db.pools.admin.query(
      "select from audit_events where event_type = 'policy.created' and subject_id like 'dependencies.listed%'",
    );
    expect(events.rowCount).toBe(2); // the seed's and ours
  });

  test("cancel ends the run and its tasks", async () => {
    const doomed = await createTestRun(api.db);
    await addTestTask(api.db, doomed);
    expect((await act({ action: "cancel", target_id: doomed.run_id })).status).toBe(201);
    const { body } = await api.get(`/v1/runs/${doomed.run_id}`);
    expect(body).toMatchObject({
      status: "cancelled",
      stop_reason: "cancelled",
      waiting_for: null,
      tasks: { cancelled: 2 },
    });
    expect((await act({ action: "pause", target_id: doomed.run_id })).body.code).toBe("illegal_transition");
  });
});

describe("agents", () => {
  test("are taken on by the Director, listed by slug, and suspended", async () => {
    const agent = { slug: "developer-x", capabilities: ["implement", "review"], mode: "json", reason: "more hands" };
    const created = await api.post("/v1/agents", agent);
    expect([created.status, created.body.standing]).toEqual([201, "active"]);
    const slugs = (await api.get("/v1/agents?limit=1000")).body.data.map(({ slug }: { slug: string }) => slug);
    expect(slugs).toEqual([...slugs].sort());
    expect(slugs).toContain("developer-x");
    expect((await act({ action: "suspend_agent", target_id: created.body.id })).status).toBe(201);
    const suspended = (await api.get("/v1/agents?standing=suspended&capability=review")).body.data;
    expect(suspended.map(({ id }: { id: string }) => id)).toEqual([created.body.id]);
  });

  test("have a scorecard made of verdicts alone", async () => {
    const runtime = await createTestRuntime(api.db);
    const other = await createTestRun(api.db);
    for (const [status, record] of [
      ["verified", { accepted: 1, rejected: 0, first_time_accepted: 1, acceptance_rate: 1 }],
      ["rejected", { accepted: 0, rejected: 1, first_time_accepted: 0, acceptance_rate: 0 }],
      ["submitted", { accepted: 0, rejected: 0, acceptance_rate: null }],
    ] as const) {
      const task_id = await taskInState(api.db, runtime, other, status);
      const { assigned_agent, agent_slug } = (await api.get(`/v1/tasks/${task_id}`)).body;
      const { body } = await api.get(`/v1/agents/${assigned_agent}/scorecard`);
      expect(body).toMatchObject({ slug: agent_slug, attempts: 1, usd: "0.00", ...record });
      expect(body.by_kind).toEqual([expect.objectContaining({ kind: "review", attempts: 1, ...record })]);
    }
  });
});

test("a project is created once under its name", async () => {
  const created = await api.post("/v1/projects", { name: "  Books  " });
  expect([created.status, created.body.name, created.body.runs]).toEqual([201, "Books", 0]);
  expect((await api.get(`/v1/projects/${created.body.id}`)).body.name).toBe("Books");
  const again = await api.post("/v1/projects", { name: "Books" });
  expect([again.status, again.body.code, again.body.detail]).toEqual([409, "name_taken", created.body.id]);
});
