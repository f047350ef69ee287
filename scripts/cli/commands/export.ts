import { writeFile } from "node:fs/promises";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import { resolveRun } from "../names.ts";
import { CliError, type Session } from "../session.ts";

export function addExportCommand(program: Command, session: Session): void {
  program
    .command("export")
    .argument("[file]", "a new file (default: aura-evidence-<run>.zip)")
    .description("fetch the evidence pack of an ended run: everything about it, and the program that checks it offline")
    .requiredOption("--run <run>", "a run's id, or latest")
    .action(async (file: string | undefined, { run }: { run: string }) => {
      const client = session.client();
      const run_id = await resolveRun(client, run);
      const response = await client.fetch(OPERATIONS.downloadEvidencePack, { params: { run_id } });
      const target = file ?? `aura-evidence-${run_id}.zip`;
      const bytes = Buffer.from(await response.arrayBuffer());
      await writeFile(target, bytes, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
        if (error.code === "EEXIST")
          throw new CliError("file_exists", `${target} is there already`, "Name a new file.");
        throw error;
      });
      const next = "Unpack it; its README.md says how to check it without this system.";
      session.show({ run_id, file: target, bytes: bytes.length }, `${bytes.length} bytes in ${target}\n${next}`);
    });
}
