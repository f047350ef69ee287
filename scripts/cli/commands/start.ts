import type { Command } from "commander";
import { CliError, type Session } from "../session.ts";

export function addStartCommand(program: Command, session: Session): void {
  program
    .command("start")
    .description("start the three services, with embedded Postgres unless DATABASE_URL or POSTGRES_* is set")
    .action(async () => {
      const { serve } = await import("../../system/serve.ts"); // what only this verb needs is loaded only for it
      await serve({ env: session.env }).catch((error: Error) => {
        throw new CliError("not_started", error.message, "`aura doctor` looks at what a system on this machine needs.");
      });
    });
}
