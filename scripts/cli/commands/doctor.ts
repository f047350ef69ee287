import type { Command } from "commander";
import { examine } from "../diagnosis.ts";
import type { Session } from "../session.ts";

const MARKS = { ok: "✔", warning: "!", failed: "✖" } as const;

export function addDoctorCommand(program: Command, session: Session, fail: () => void): void {
  program
    .command("doctor")
    .description("look at this machine: what works, what does not, and how to mend it")
    .action(async () => {
      const findings = await examine(session.env);
      const lines = findings.flatMap(({ check, status, detail, fix }) => [
        `${MARKS[status]} ${check.padEnd(12)} ${detail}`,
        ...(fix === null ? [] : [`  fix: ${fix}`]),
      ]);
      session.show({ findings }, lines.join("\n"));
      if (findings.some(({ status }) => status === "failed")) fail();
    });
}
