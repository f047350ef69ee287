import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import { resolveRun } from "../names.ts";
import type { Session } from "../session.ts";
import { unpack } from "../unpack.ts";

export function addDownloadCommand(program: Command, session: Session): void {
  program
    .command("download")
    .argument("<run>", "a run's id, or latest")
    .description("fetch the delivered software with its report and unpack it")
    .option("--to <folder>", "a new or empty folder (default: aura-<run>)")
    .option("--revision <name>", "another tree: best, head, a number, or T1:2 for an attempt")
    .action(async (name: string, { to, revision }: { to?: string; revision?: string }) => {
      const client = session.client();
      const run_id = await resolveRun(client, name);
      const response = await client.fetch(OPERATIONS.downloadSoftware, { params: { run_id }, query: { revision } });
      const folder = to ?? join(".", `aura-${run_id}`);
      const files = await unpack(new Uint8Array(await response.arrayBuffer()), folder);
      session.show({ run_id, folder, files }, `${files.length} files in ${folder}`);
    });
}
