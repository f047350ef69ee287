import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { newId } from "@aura/shared/models/ids";
import { putJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { callVerb, callVerbRows } from "@aura/shared/postgres/verbs";
import {
  AUDITOR,
  allDone,
  createTestRun,
  directorAction,
  hash,
  MANAGER,
  putAgentJson,
  RUNTIME,
  type TestRun,
} from "@aura/shared/testing/factories";
import type { TestDatabase } from "@aura/shared/testing/postgres";
import { Bell } from "../bell.ts";
import { VerbTimes } from "./verb-times.ts";

/** Items in a call. */
const BATCH = 500;
const AGENT_HOLDS = 16;
const HOLDER = "bench-auditor";
const LEASE_S = 60;
const IDLE_MS = 100;
/** Changes of governed rows in the life of one task, each with an event of its own. */
export const EVENTS_OF_A_TASK = [
  "task.created",
  "task.assigned",
  "task.running",
  "attempt.created",
  "attempt.submitted",
  "task.submitted",
  "verification_request.created",
  "verification.accepted",
  "task.verified",
] as const;

interface Prepared {
  readonly run: TestRun;
  readonly token: string;
  readonly agents: readonly string[];
  /** No-op work: one document stands for spec, context, product, transcript and report of every task. */
  readonly blob: string;
}

/**
 * The whole governed path with the real verbs under the real logins. Five loops work side by side, as the services do:
 * each finds what is due in the database and hands it to its verb in arrays.
 */
export class GovernedLifecycle {
  readonly times = new VerbTimes();
  readonly #db: TestDatabase;
  readonly #prepared: Prepared;
  readonly #batch: number;
  #verified = 0;
  #failure: unknown = null;

  private constructor(db: TestDatabase, prepared: Prepared, batch: number) {
    this.#db = db;
    this.#prepared = prepared;
    this.#batch = batch;
  }

  static async prepare(db: TestDatabase, agentCount: number, batch = BATCH): Promise<GovernedLifecycle> {
    const token = randomBytes(24).toString("hex");
    const { rows } = await db.pools.agent.query<{ id: string }>(
      "select register_runtime($1, 'bench', $2, 64, array['replay']) as id",
      [RUNTIME, token],
    );
    const runtime = rows[0]?.id;
    const agents = Array.from({ length: agentCount }, () => newId());
    for (const [at, id] of agents.entries()) {
      const agent = { slug: `bench-${at}`, capabilities: ["review"], max_concurrent: AGENT_HOLDS };
      await allDone(directorAction(db, "create_agent", id, agent).then((outcome) => [outcome]));
    }
    const hosts = agents.map(() => runtime);
    await allDone(callVerb(db.pools.manager, "bind_agents", MANAGER, agents, hosts));
    const blob = await putJson(db.pools.manager, { work: "none" });
    await putAgentJson(db, token, { work: "none" });
    const run = await createTestRun(db);
    return new GovernedLifecycle(db, { run, token, agents, blob }, batch);
  }

  /** Adds so many tasks and sees them to `verified`. @returns seconds from the first add to the last verified */
  async drive(count: number): Promise<number> {
    this.#verified = 0;
    const begun = performance.now();
    const isDone = () => this.#verified >= count || this.#failure !== null;
    const steps = [this.#assign, this.#work, this.#request, this.#judge, this.#verify];
    const bells = steps.map(() => new Bell());
    const beat = this.#beat(isDone);
    const repeated = steps.map((step, at) => {
      const heard = step === this.#work ? [bells[at + 1], bells[0]] : [bells[at + 1]]; // who has submitted is free again
      return this.#repeat(step, bells[at] as Bell, heard, isDone);
    });
    await Promise.all([this.#add(count, bells[0] as Bell), ...repeated]);
    const seconds = (performance.now() - begun) / 1000;
    await beat;
    if (this.#failure !== null) throw this.#failure;
    return seconds;
  }

  /** Events by type for all tasks but the run's first one: must be `count` each of EVENTS_OF_A_TASK. */
  async events(): Promise<Record<string, number>> {
    const { rows } = await this.#db.pools.auditor.query<{ event_type: string; events: number }>(
      "select event_type, count(*)::int as events from audit_events where run_id = $1 and task_id <> $2 group by 1",
      [this.#prepared.run.run_id, this.#prepared.run.first_task_id],
    );
    return Object.fromEntries(rows.map(({ event_type, events }) => [event_type, events]));
  }

  /** Who finds nothing waits until the one before it has moved something, as a notification would tell it. */
  async #repeat(step: () => Promise<number>, bell: Bell, heard: readonly (Bell | undefined)[], isDone: () => boolean) {
    try {
      while (!isDone()) {
        const moved = await step.call(this);
        if (moved > 0) for (const other of heard) other?.ring();
        else await bell.wait(IDLE_MS);
      }
    } catch (error) {
      this.#failure ??= error;
    }
  }

  async #beat(isDone: () => boolean): Promise<void> {
    for (let turn = 1; !isDone(); turn += 1) {
      await sleep(100);
      if (turn % 50 === 0)
        await this.#db.pools.agent.query("select from beat_runtime($1, '{}', '{}', $2)", [
          this.#prepared.token,
          LEASE_S,
        ]);
    }
  }

  /** Loud: a refusal would mean that the benchmark measures something else. */
  async #call(db: Queryable, verb: string, ctx: Parameters<typeof callVerb>[2], ...args: readonly unknown[]) {
    return this.times.measure(verb, () => allDone(callVerb(db, verb, ctx, ...args)));
  }

  async #ids(name: string, text: string, values: unknown[]) {
    const run = async () => (await this.#db.pools.manager.query<Record<string, string>>(text, values)).rows;
    return this.times.measure(name, run);
  }

  async #add(count: number, bell: Bell): Promise<void> {
    const { run, blob } = this.#prepared;
    const prefix = `T${this.times.serial()}`;
    for (let from = 0; from < count && this.#failure === null; from += this.#batch) {
      const size = Math.min(this.#batch, count - from);
      const tasks = Array.from({ length: size }, (_, at) => {
        const facts = { kind: "review", key: `${prefix}-${from + at}`, title: "A task", spec_sha256: blob };
        return { id: newId(), ...facts, depends_on: [], requirements: [] };
      });
      await this.#call(this.#db.pools.manager, "add_tasks", MANAGER, run.run_id, tasks);
      bell.ring();
    }
  }

  async #assign(): Promise<number> {
    const { run, agents, blob } = this.#prepared;
    const free = await this.#freeHands(agents);
    const limit = Math.min(this.#batch, free.length);
    if (limit === 0) return 0;
    const due = await this.#ids(
      "find ready",
      "select id from task_queue where run_id = $1 and status = 'ready' and kind = 'review' limit $2",
      [run.run_id, limit],
    );
    if (due.length === 0) return 0;
    const ids = due.map(({ id }) => id);
    const contexts = ids.map(() => hash(blob));
    await this.#call(this.#db.pools.manager, "assign_tasks", MANAGER, ids, free.slice(0, ids.length), contexts);
    return ids.length;
  }

  /** One entry for each task that an agent may take now, spread over the agents. */
  async #freeHands(agents: readonly string[]): Promise<string[]> {
    const held = await this.#ids(
      "find free agents",
      "select assigned_agent as agent, count(*)::text as held from task_queue where status in ('assigned', 'running') group by 1",
      [],
    );
    const load = new Map(held.map(({ agent, held }) => [agent, Number(held)]));
    return Array.from({ length: AGENT_HOLDS }, (_, hand) => hand).flatMap((hand) =>
      agents.filter((agent) => (load.get(agent) ?? 0) + hand < AGENT_HOLDS),
    );
  }

  async #work(): Promise<number> {
    const { token, blob } = this.#prepared;
    const rows = await this.times.measure("accept_tasks", () =>
      callVerbRows<{ task_id: string; claim_id: string }>(
        this.#db.pools.agent,
        "accept_tasks",
        RUNTIME,
        token,
        this.#batch,
        LEASE_S,
      ),
    );
    if (rows.length === 0) return 0;
    const ids = rows.map(({ task_id }) => task_id);
    const claims = rows.map(({ claim_id }) => claim_id);
    const hashes = ids.map(() => hash(blob));
    const confidences = ids.map(() => "0.9");
    const facts = [ids, claims, hashes, hashes, confidences];
    await this.#call(this.#db.pools.agent, "submit_attempts", RUNTIME, token, ...facts);
    return ids.length;
  }

  async #request(): Promise<number> {
    const { run, blob } = this.#prepared;
    const due = await this.#ids(
      "find submitted",
      `select t.id, t.attempt::text, t.claim_id from task_queue t
        where t.run_id = $1 and t.status = 'submitted'
          and not exists (select from verification_requests q where q.task_id = t.id and q.attempt = t.attempt) limit $2`,
      [run.run_id, this.#batch],
    );
    if (due.length === 0) return 0;
    const requests = due.map(({ id, attempt, claim_id }) => {
      const facts = { run_id: run.run_id, kind: "review", task_id: id, attempt: Number(attempt), claim_id };
      return { id: newId(), ...facts, product_sha256: blob, retry: 0 };
    });
    await this.#call(this.#db.pools.manager, "request_verifications", MANAGER, requests);
    return due.length;
  }

  async #judge(): Promise<number> {
    const { blob } = this.#prepared;
    const pool = this.#db.pools.auditor;
    const claims = await this.times.measure("claim_verifications", () =>
      callVerbRows<{ request_id: string; claim_id: string }>(
        pool,
        "claim_verifications",
        AUDITOR,
        HOLDER,
        this.#batch,
        LEASE_S,
      ),
    );
    if (claims.length === 0) return 0;
    const verdicts = claims.map((claim) => ({ ...claim, id: newId(), outcome: "accepted", report_sha256: blob }));
    await this.#call(pool, "record_verifications", AUDITOR, HOLDER, verdicts);
    return claims.length;
  }

  async #verify(): Promise<number> {
    const due = await this.#ids(
      "find accepted",
      `select t.id, v.id as verification_id from task_queue t
         join verification_requests q on q.task_id = t.id and q.attempt = t.attempt
         join verifications v on v.request_id = q.id and v.outcome = 'accepted'
        where t.run_id = $1 and t.status = 'submitted' limit $2`,
      [this.#prepared.run.run_id, this.#batch],
    );
    if (due.length === 0) return 0;
    const verifications = due.map(({ verification_id }) => verification_id);
    const ids = due.map(({ id }) => id);
    await this.#call(this.#db.pools.manager, "verify_tasks", MANAGER, ids, verifications);
    this.#verified += ids.length;
    return ids.length;
  }
}
