import type { ApiClient } from "@aura/shared/api-client";
import type { DirectorActionInput } from "@aura/shared/schemas/api/director-action";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type Command, Option } from "commander";
import { resolveRun, resolveSubject, resolveTask } from "../names.ts";
import { CliError, type Session } from "../session.ts";
import { type Reasoned, recordedText, withReason } from "./reasons.ts";

type Resolve = (client: ApiClient, name: string) => Promise<string>;

/** Interventions that need a target and a reason, and nothing else. */
const PLAIN = [
  { name: "pause", action: "pause", target: "run", resolve: resolveRun, does: "assign nothing more to a run" },
  { name: "resume", action: "resume", target: "run", resolve: resolveRun, does: "go on with a paused run" },
  { name: "cancel", action: "cancel", target: "run", resolve: resolveRun, does: "end a run; its work so far stays" },
  {
    name: "deliver-partial",
    action: "deliver_partial",
    target: "run",
    resolve: resolveRun,
    does: "deliver the best revision with its failures named",
  },
  { name: "retry", action: "retry_task", target: "task", resolve: resolveTask, does: "try a task again" },
  { name: "cancel-task", action: "cancel_task", target: "task", resolve: resolveTask, does: "drop a task" },
] as const satisfies readonly { name: string; action: string; target: string; resolve: Resolve; does: string }[];

const VERDICTS = [
  {
    name: "override",
    action: "override_verdict",
    target: "subject",
    does: "set your verdict over the Auditor's: marked for ever on task, run and report",
  },
  {
    name: "confirm",
    action: "confirm_inspection",
    target: "requirement",
    does: "record what you saw of an inspection",
  },
] as const;

export function addControlCommands(program: Command, session: Session): void {
  const act = async (client: ApiClient, body: DirectorActionInput) => {
    const row = await client.call(OPERATIONS.act, { body });
    session.show(row, recordedText(row));
  };

  for (const { name, action, target, resolve, does } of PLAIN)
    withReason(program.command(name).argument(`<${target}>`, nameHint(target)).description(does)).action(
      async (given: string, { reason }: Reasoned) => {
        const client = session.client();
        await act(client, { action, target_id: await resolve(client, given), reason });
      },
    );

  for (const { name, action, target, does } of VERDICTS)
    withReason(program.command(name).argument(`<${target}>`, nameHint(target)).description(does))
      .addOption(new Option("--verdict <verdict>", "your verdict").choices(["pass", "fail"]).makeOptionMandatory())
      .action(async (given: string, options: Reasoned & { verdict: "pass" | "fail" }) => {
        const client = session.client();
        const target_id = await resolveSubject(client, given);
        await act(client, { action, target_id, reason: options.reason, verdict: options.verdict });
      });

  withReason(
    program.command("set-budget").argument("<run>", nameHint("run")).description("change what a run may spend"),
  )
    .option("--usd <amount>", "limit in US dollars")
    .option("--tokens <n>", "limit in tokens")
    .action(async (given: string, options: Reasoned & { usd?: string; tokens?: string }) => {
      const { reason, usd, tokens } = options;
      if (usd === undefined && tokens === undefined)
        throw new CliError("no_limit", "neither --usd nor --tokens is given", "Give one of them.", 2);
      const client = session.client();
      const limits = {
        ...(usd === undefined ? {} : { usd }),
        ...(tokens === undefined ? {} : { tokens: Number(tokens) }),
      };
      await act(client, { action: "set_budget", target_id: await resolveRun(client, given), reason, ...limits });
    });

  for (const [name, action, does] of [
    ["stop-all", "stop_all", "the safe state: nothing is assigned, running sandboxes are killed"],
    ["resume-all", "resume_all", "leave the safe state"],
  ] as const)
    withReason(program.command(name).description(does)).action(async ({ reason }: Reasoned) =>
      act(session.client(), { action, reason }),
    );
}

function nameHint(target: string): string {
  if (target === "run") return "a run's id, or latest";
  return target === "task" ? "a task's id, or RUN:KEY as in latest:T1" : "an id, or RUN:KEY as in latest:R3";
}
