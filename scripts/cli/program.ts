import { ApiProblem, ApiUnreachable } from "@aura/shared/api-client";
import { Command, CommanderError } from "commander";
import { addAgentCommands } from "./commands/agents.ts";
import { addAttestCommand } from "./commands/attest.ts";
import { addAuditCommands } from "./commands/audit.ts";
import { addControlCommands } from "./commands/control.ts";
import { addDecisionCommands } from "./commands/decide.ts";
import { addDoctorCommand } from "./commands/doctor.ts";
import { addDownloadCommand } from "./commands/download.ts";
import { addExportCommand } from "./commands/export.ts";
import { addKeyCommands } from "./commands/keys.ts";
import { addReportCommand } from "./commands/report.ts";
import { addRunCommand } from "./commands/run.ts";
import { addStartCommand } from "./commands/start.ts";
import { addStatusCommands } from "./commands/status.ts";
import { plainText } from "./plain-text.ts";
import { CliError, openSession, type Surroundings } from "./session.ts";

/** 2 also: a log of which it cannot be told whether it is sound; 3: what was waited for waits for the Director; 4: nobody answers. */
const EXIT = { ok: 0, failed: 1, usage: 2, cannot_tell: 2, waiting: 3, unreachable: 4 } as const;

/**
 * One call of `aura`.
 *
 * @returns exit code: 0 done, 1 failed, 2 called wrongly
 */
export async function runCli(argv: readonly string[], world: Surroundings): Promise<number> {
  const program = new Command("aura");
  const session = openSession(world, () => program.opts<{ json?: boolean }>().json === true);
  program
    .description("Turn a PRD into verified software, and stay in charge of it.")
    .option("--json", "print JSON, for programs")
    .showHelpAfterError("(aura --help lists what there is)")
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .exitOverride();
  let code: number = EXIT.ok;
  const fail = (why: "failed" | "waiting" | "cannot_tell" = "failed") => {
    code = EXIT[why];
  };
  addStartCommand(program, session);
  addRunCommand(program, session, fail);
  addStatusCommands(program, session, fail);
  addDecisionCommands(program, session);
  addControlCommands(program, session);
  addReportCommand(program, session);
  addDownloadCommand(program, session);
  addAttestCommand(program, session);
  addExportCommand(program, session);
  addAgentCommands(program, session);
  addKeyCommands(program, session);
  addAuditCommands(program, session, fail);
  addDoctorCommand(program, session, fail);
  for (const command of program.commands) command.copyInheritedSettings(program);
  try {
    await program.parseAsync(argv, { from: "user" });
    return code;
  } catch (error) {
    return explain(error, world, program.opts<{ json?: boolean }>().json === true);
  }
}

/** Prints code, detail and hint, and gives the exit code. Bugs are not explained: they are thrown on. */
function explain(error: unknown, world: Surroundings, json: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const told = toldOf(error);
  if (told === null) throw error;
  if (json) world.err(`${JSON.stringify(told.problem, null, 2)}\n`);
  else
    world.err(
      plainText(
        [`${told.problem.code}: ${told.problem.detail}`, ...told.more, `hint: ${told.problem.hint}`, ""].join("\n"),
      ),
    );
  return told.exit_code;
}

function toldOf(error: unknown) {
  if (error instanceof CliError) {
    const problem = { code: error.code, detail: error.message, hint: error.hint };
    return { problem, more: [], exit_code: error.exit_code };
  }
  if (error instanceof ApiProblem) {
    const more = error.problem.issues.slice(1).map(({ path, message }) => `  ${path}: ${message}`);
    return { problem: error.problem, more, exit_code: EXIT.failed };
  }
  if (error instanceof ApiUnreachable) {
    const hint = "Is the Manager running? `aura start` starts one; `aura doctor` looks closer.";
    return { problem: { code: "unreachable", detail: error.message, hint }, more: [], exit_code: EXIT.unreachable };
  }
  return null;
}
