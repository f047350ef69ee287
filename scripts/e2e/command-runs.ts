import type { ApiClient } from "@aura/shared/api-client";
import { FINAL_RUN_STATUSES } from "@aura/shared/enums/run";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type CommandProduct, prdOf, scripted } from "./command-product.ts";
import { type ScriptedModel, startScriptedModel } from "./scripted-model.ts";
import { startTestSystem, type TestSystem, untilRun } from "./test-system.ts";

/** A test system with a scripted model, on which runs of command products are started, each under a name of its own. */
export interface CommandRuns {
  readonly model: ScriptedModel;
  readonly system: TestSystem;
  readonly api: ApiClient;
  readonly start: (
    name: string,
    product: Omit<CommandProduct, "name">,
    extra?: Record<string, unknown>,
  ) => Promise<string>;
  readonly act: (action: string, target_id: string, extra?: Record<string, unknown>) => Promise<unknown>;
  readonly tasks: (run_id: string) => Promise<CommandTask[]>;
  /** Waits for the run's end. */
  readonly ended: (run_id: string, seconds: number) => ReturnType<typeof untilRun>;
  /** Waits until the Director is asked, and says yes. @returns kind of the gate */
  readonly approveNext: (run_id: string, seconds: number) => Promise<string>;
  readonly close: () => Promise<void>;
}

type CommandTask = Awaited<ReturnType<typeof listTasks>>[number];

export const isOver = ({ status }: { status: string }) => FINAL_RUN_STATUSES.some((final) => final === status);

export async function openCommandRuns(): Promise<CommandRuns> {
  const products = new Map<string, CommandProduct>();
  const model = await startScriptedModel((prompt) => {
    const known = products.get(/\b(?:cmds|more) ([a-z]+)\d/.exec(prompt)?.[1] ?? "");
    if (known === undefined) throw new Error("the prompt names no command of a known product");
    return scripted(known);
  });
  const system = await startTestSystem(model);
  const { api } = system;
  const act: CommandRuns["act"] = (action, target_id, extra = {}) =>
    api.call(OPERATIONS.act, { body: { action, target_id, reason: "for the test", ...extra } as never });
  return {
    model,
    system,
    api,
    act,
    async start(name, product, extra = {}) {
      products.set(name, { name, ...product });
      const body = { project: name, prd: { body: prdOf({ name, ...product }) }, oversight: "autonomous" as const };
      return (await api.call(OPERATIONS.startRun, { body: { ...body, ...extra } })).id;
    },
    tasks: (run_id) => listTasks(api, run_id),
    ended: (run_id, seconds) => untilRun(api, run_id, isOver, seconds),
    async approveNext(run_id, seconds) {
      const asks = (run: { waiting_for: { approval_ids: string[] } | null }) => run.waiting_for?.approval_ids[0];
      const run = await untilRun(api, run_id, (now) => asks(now) !== undefined, seconds);
      const approval = await api.call(OPERATIONS.getApproval, { params: { approval_id: asks(run) ?? "" } });
      await act("approve", approval.id, { digest: approval.digest });
      return approval.kind;
    },
    async close() {
      await system.close();
      await model.close();
    },
  };
}

async function listTasks(api: ApiClient, run_id: string) {
  return (await api.call(OPERATIONS.listTasks, { params: { run_id } })).data;
}
