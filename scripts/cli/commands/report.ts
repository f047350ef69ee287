import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { DeliveryReport } from "@aura/shared/schemas/api/report";
import type { Command } from "commander";
import { resolveRun } from "../names.ts";
import type { Session } from "../session.ts";

export function addReportCommand(program: Command, session: Session): void {
  program
    .command("report")
    .argument("<run>", "a run's id, or latest")
    .description("the delivery report: what is verified, what is not, what it cost")
    .option("--markdown", "the whole report as Markdown")
    .action(async (name: string, { markdown }: { markdown?: boolean }) => {
      const client = session.client();
      const params = { run_id: await resolveRun(client, name) };
      if (markdown === true && !session.json()) {
        const response = await client.fetch(OPERATIONS.getReport, { params, headers: { accept: "text/markdown" } });
        return session.out(await response.text());
      }
      const report = await client.call(OPERATIONS.getReport, { params });
      session.show(report, reportText(report));
    });
}

function reportText(report: DeliveryReport): string {
  const counts = Object.entries(report.counts).filter(([word, n]) => word === "total" || n > 0);
  return [
    `${report.project ?? ""}: ${report.title}`,
    `${report.status}${report.stop_reason === null ? "" : ` (${report.stop_reason})`}${report.replay ? "  REPLAY" : ""}`,
    `requirements: ${counts.map(([word, n]) => `${n} ${word}`).join(", ")}`,
    ...report.requirements.map(
      (row) =>
        `  ${row.key.padEnd(5)} ${row.state.padEnd(12)} ${`${row.tests_passed}/${row.tests_total}`.padStart(5)}  ${row.title}`,
    ),
    `spend: $${report.spend.usd}, ${report.spend.tokens} tokens in ${report.model_calls} calls`,
    ...(report.not_checked.length === 0 ? [] : ["not checked:", ...report.not_checked.map((line) => `  ${line}`)]),
  ].join("\n");
}
