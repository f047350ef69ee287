import { describe } from "@aura/shared/ledger/verifier/describe";
import { verify } from "@aura/shared/ledger/verifier/verify";
import type { Command } from "commander";
import type { Session } from "../session.ts";

interface VerifyFlags {
  readonly key: readonly string[];
  readonly witness: readonly string[];
  readonly checkpoint: readonly string[];
}

const collect = (value: string, before: readonly string[]) => [...before, value];

export function addAuditCommands(
  program: Command,
  session: Session,
  fail: (why?: "failed" | "cannot_tell") => void,
): void {
  const audit = program.command("audit").description("the log: check it without asking those who wrote it");

  audit
    .command("verify")
    .argument("<path>", "an export (.jsonl, .jsonl.gz), a folder of tiles, or an unpacked evidence pack")
    .description("check every event, signature and checkpoint; exits with 0 sound, 1 tampered, 2 cannot tell")
    .option(
      "--key <key>",
      "a key of the log that you trust, or @file with one a line; may stand several times",
      collect,
      [],
    )
    .option("--witness <key>", "a witness that must have cosigned the newest checkpoint, or @file", collect, [])
    .option("--checkpoint <file>", "a checkpoint that you kept, which the log must agree with", collect, [])
    .action(async (path: string, { key: keys, witness: witnesses, checkpoint: checkpoints }: VerifyFlags) => {
      const verification = await verify(path, { keys, witnesses, checkpoints });
      session.show(verification, describe(verification));
      if (verification.outcome === "tampered") fail();
      if (verification.outcome === "cannot_tell") fail("cannot_tell");
    });
}
