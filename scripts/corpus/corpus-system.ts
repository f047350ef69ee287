import { setTimeout as sleep } from "node:timers/promises";
import type { ApiClient } from "@aura/shared/api-client";
import { FINAL_RUN_STATUSES } from "@aura/shared/enums/run";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type ScriptedProduct, startScriptedModel } from "../e2e/scripted-model.ts";
import { startTestSystem, type TestSystemOptions } from "../e2e/test-system.ts";
import type { CorpusProduct, Submission } from "./corpus-files.ts";
import { orderOf, prdOf, scriptedSubmission } from "./scripted-submission.ts";

/** What the Auditor said of a submission. */
export interface Judged {
  readonly run_id: string;
  /** Delivered as verified: nothing else counts as accepted. */
  readonly accepted: boolean;
  /** Where it ended: `delivered`, or kind and outcome of the judgement that stopped it. */
  readonly end: string;
  /** Codes of what was found, and the tests that did not pass. */
  readonly findings: readonly string[];
  readonly failed_tests: readonly string[];
  readonly seconds: number;
}

export interface CorpusSystem {
  readonly api: ApiClient;
  /** Null: there was no verdict in time, which says something of the machine and nothing of the submission. */
  readonly judge: (product: CorpusProduct, submission: Submission) => Promise<Judged | null>;
  readonly close: () => Promise<void>;
}

const RUN_SECONDS = 600;
const POLL_MS = 250;

export interface CorpusOptions extends TestSystemOptions {
  /** Processes of the Auditor; each judges one request at a time. */
  readonly auditors: number;
}

/** The three services and a model that hands in what it is told. */
export async function openCorpusSystem({ auditors, ...options }: CorpusOptions): Promise<CorpusSystem> {
  const orders = new Map<string, ScriptedProduct>();
  const model = await startScriptedModel((prompt) => {
    const known = orders.get(/Order \d{5}\./.exec(prompt)?.[0] ?? "");
    if (known === undefined) throw new Error("the prompt names no order");
    return known;
  });
  const system = await startTestSystem(model, options);
  for (let more = 1; more < auditors; more += 1) await system.another("auditor");
  return {
    api: system.api,
    async judge(product, submission) {
      const begun = performance.now();
      const order = orderOf(orders.size + 1);
      orders.set(order, scriptedSubmission(product, submission, order));
      const run_id = await startRun(system.api, product, order);
      const judged = await untilJudged(system.api, run_id);
      return judged && { run_id, ...judged, seconds: Math.round((performance.now() - begun) / 100) / 10 };
    },
    async close() {
      await system.close();
      await model.close();
    },
  };
}

async function startRun(api: ApiClient, product: CorpusProduct, order: string): Promise<string> {
  const body = {
    project: product.name,
    prd: { body: prdOf(product, order) },
    oversight: "autonomous" as const,
    toolchain: product.plan.toolchain,
  };
  return (await api.call(OPERATIONS.startRun, { body })).id;
}

type Ending = Omit<Judged, "run_id" | "seconds">;

/** Follows the run until something was refused or the run is at its end; what was refused is not tried again. */
async function untilJudged(api: ApiClient, run_id: string): Promise<Ending | null> {
  const end = performance.now() + RUN_SECONDS * 1000;
  while (performance.now() < end) {
    const run = await api.call(OPERATIONS.getRun, { params: { run_id } });
    if (run.stop_reason === "verified") return { accepted: true, end: "delivered", findings: [], failed_tests: [] };
    const refused = await refusal(api, run_id);
    const ended = FINAL_RUN_STATUSES.some((status) => status === run.status);
    if (refused !== null || ended || run.status === "awaiting_director") {
      if (!ended) await cancel(api, run_id);
      return refused ?? nothing(`${run.status} ${run.stop_reason ?? run.waiting_for?.reason ?? ""}`.trim());
    }
    await sleep(POLL_MS);
  }
  await cancel(api, run_id);
  return null;
}

const nothing = (end: string): Ending => ({ accepted: false, end, findings: [], failed_tests: [] });

/** The judgement that a task was charged with, or that the assembled product has to be mended for. */
async function refusal(api: ApiClient, run_id: string): Promise<Ending | null> {
  const { data } = await api.call(OPERATIONS.listTasks, { params: { run_id } });
  if (data.some(({ key, repairs_task_id }) => repairs_task_id !== null || key.startsWith("TESTS-")))
    return refusalOfWhole(api, run_id);
  const task = data.find(({ failures }) => failures > 0);
  if (task === undefined) return null;
  const { verifications, attempts } = await api.call(OPERATIONS.getTask, { params: { task_id: task.id } });
  const verdict = verifications.findLast(({ outcome }) => outcome !== "accepted");
  if (verdict === undefined) return nothing(`${task.kind} ${attempts.at(-1)?.outcome_code ?? task.status}`);
  return {
    accepted: false,
    end: `${verdict.kind} ${verdict.outcome}`,
    findings: [
      ...new Set(verdict.findings.map(({ code, subject }) => (subject === null ? code : `${code} ${subject}`))),
    ],
    failed_tests: verdict.tests.filter(({ outcome }) => outcome !== "pass").map(({ test_id }) => test_id),
  };
}

async function refusalOfWhole(api: ApiClient, run_id: string): Promise<Ending> {
  const { verification, requirements } = await api.call(OPERATIONS.getReport, { params: { run_id } });
  const open = requirements.filter(({ state }) => state === "fail" || state === "inconclusive" || state === "not_run");
  const failed = open.flatMap(({ tests }) => tests.filter(({ outcome }) => outcome !== null && outcome !== "pass"));
  return {
    accepted: false,
    end: `${verification?.kind ?? "assembly"} ${verification?.outcome ?? "rejected"}`,
    findings: open.map(({ key, state }) => `requirement_${state} ${key}`),
    failed_tests: [...new Set(failed.map(({ test_id }) => test_id))],
  };
}

async function cancel(api: ApiClient, target_id: string): Promise<void> {
  const body = { action: "cancel", target_id, reason: "it is judged" } as never;
  await api.call(OPERATIONS.act, { body }).catch(() => undefined); // it may have ended meanwhile
}
