import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import { resolveRun } from "../names.ts";
import { CliError, type Session } from "../session.ts";

export function addAttestCommand(program: Command, session: Session): void {
  program
    .command("attest")
    .argument("<run>", "a run's id, or latest")
    .description(
      "fetch what is signed about the delivered software: attestation (in-toto) and bill of materials (CycloneDX)",
    )
    .option("--to <folder>", "a folder for the two new files", ".")
    .action(async (name: string, { to }: { to: string }) => {
      const client = session.client();
      const run_id = await resolveRun(client, name);
      const params = { run_id };
      const files = [
        [`aura-${run_id}.intoto.jsonl`, await client.fetch(OPERATIONS.getAttestation, { params, query: {} })],
        [`aura-${run_id}.cdx.json`, await client.fetch(OPERATIONS.getSbom, { params })],
      ] as const;
      await mkdir(to, { recursive: true });
      for (const [file, response] of files) await writeNew(join(to, file), Buffer.from(await response.arrayBuffer()));
      const written = files.map(([file]) => join(to, file));
      const next = "docs/architecture/ATTESTATION.md says how to check them without this system.";
      session.show({ run_id, files: written }, `${written.join("\n")}\n${next}`);
    });
}

async function writeNew(target: string, bytes: Buffer): Promise<void> {
  await writeFile(target, bytes, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EEXIST")
      throw new CliError("file_exists", `${target} is there already`, "Name another folder with --to.");
    throw error;
  });
}
