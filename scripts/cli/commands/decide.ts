import type { DirectorActionInput } from "@aura/shared/schemas/api/director-action";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import { resolveApproval } from "../names.ts";
import type { Session } from "../session.ts";
import { type Reasoned, recordedText, withReason } from "./reasons.ts";

const GATES = ["plan", "landing", "delivery"] as const;

const DECISIONS = [
  { name: "approve", action: "approve", does: "approve a plan, landing or delivery" },
  { name: "reject", action: "reject", does: "refuse a plan, landing or delivery" },
  { name: "request-changes", action: "request_changes", does: "send it back; the reason tells what to change" },
] as const;

/** Decisions about approvals. The digest that goes along is of what was read just before: nothing else is approved. */
export function addDecisionCommands(program: Command, session: Session): void {
  for (const { name, action, does } of DECISIONS) {
    withReason(
      program.command(name).argument("<approval>", "an approval's id, a run's id, or latest").description(does),
    ).action(async (target: string, { reason }: Reasoned) => {
      const client = session.client();
      const { id, kind, digest } = await resolveApproval(client, target, GATES);
      const body: DirectorActionInput = { action, target_id: id, reason, digest };
      const row = await client.call(OPERATIONS.act, { body });
      session.show(row, `${recordedText(row)}\n  ${kind}, digest ${digest}`);
    });
  }

  withReason(
    program
      .command("answer")
      .argument("<approval>", "the question's id, a run's id, or latest")
      .argument("<text>", "the answer")
      .description("answer a question of an agent"),
    "Answer to a question",
  ).action(async (target: string, answer: string, { reason }: Reasoned) => {
    const client = session.client();
    const { id, question } = await resolveApproval(client, target, ["question"]);
    const row = await client.call(OPERATIONS.act, { body: { action: "answer", target_id: id, reason, answer } });
    session.show(row, `${recordedText(row)}\n  ${question ?? ""}`);
  });

  program
    .command("approvals")
    .description("what waits for a decision")
    .action(async () => {
      const page = await session.client().call(OPERATIONS.listApprovals, { query: { status: "pending", limit: 100 } });
      const lines = page.data.map(
        ({ id, kind, run_id, question }) => `${id}  ${kind.padEnd(9)} run ${run_id}  ${question ?? ""}`,
      );
      session.show(page, lines.join("\n") || "nothing waits for a decision");
    });
}
