import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream } from "node:stream/web";
import { ApiProblem } from "@aura/shared/api-client";
import { describeProof, verifyProof } from "@aura/shared/ledger/proof-check";
import { describe } from "@aura/shared/ledger/verifier/describe";
import { type Answer, type VerifyOptions, verify } from "@aura/shared/ledger/verifier/verify";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { type Command, Option } from "commander";
import { CliError, type Session } from "../session.ts";

/** What the caller trusts: never taken from the log that is checked. */
interface Trusted {
  readonly key: readonly string[];
  readonly witness: readonly string[];
  readonly checkpoint: readonly string[];
  readonly archive?: string;
}

const PROGRESS_BYTES = 16 * 1024 * 1024;

export function addAuditCommands(
  program: Command,
  session: Session,
  fail: (why?: "failed" | "cannot_tell") => void,
): void {
  const audit = program.command("audit").description("the log: fetch it, and check it without trusting who wrote it");
  const tell = (answer: Answer<unknown>, text: string, more: object = {}) => {
    session.show({ ...answer, ...more }, text);
    if (answer.outcome === "tampered") fail();
    if (answer.outcome === "cannot_tell") fail("cannot_tell");
  };

  withTrust(
    audit
      .command("verify")
      .argument("<path>", "an export (.jsonl, .jsonl.gz), a folder of tiles, or an unpacked evidence pack")
      .option("--archive <folder>", "the archive that old payloads went to")
      .description("check every event, signature and checkpoint; exits with 0 sound, 1 tampered, 2 cannot tell"),
  ).action(async (path: string, trusted: Trusted) => {
    const verification = await verify(path, optionsOf(trusted));
    tell(verification, describe(verification));
  });

  withTrust(
    audit
      .command("proof")
      .argument("<event>", "an event's id")
      .description("fetch the proof that an event is in the log, and check it here; exits like verify"),
  ).action(async (event_id: string, trusted: Trusted) => {
    const proof = await session.client().call(OPERATIONS.getProof, { params: { event_id } }).catch(refused);
    if (proof instanceof ApiProblem) return tell(unproved(proof), describeProof(unproved(proof)));
    const checked = await verifyProof({ ...proof, event_id }, optionsOf(trusted));
    tell(checked, describeProof(checked), { proof });
  });

  audit
    .command("export")
    .argument("<file>", "a new file")
    .description("fetch the whole log up to its newest checkpoint")
    .addOption(new Option("--format <format>", "csv cannot be verified").choices(["jsonl", "csv"]).default("jsonl"))
    .action(async (file: string, { format }: { format: "jsonl" | "csv" }) => {
      const response = await session.client().fetch(OPERATIONS.exportLog, { query: { format } });
      const bytes = await save(response, file, session);
      const next = format === "jsonl" ? `\nCheck it: aura audit verify ${file} --key KEY` : "";
      session.show({ file, format, bytes }, `${bytes} bytes in ${file}${next}`);
    });
}

function refused(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  throw error;
}

/** 1 says that the log was tampered with: a refusal must not. */
function unproved({ problem }: ApiProblem): Answer<never> {
  return { outcome: "cannot_tell", exit: 2, reason: `${problem.code}: ${problem.detail}` };
}

function withTrust(command: Command): Command {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  return command
    .option(
      "--key <key>",
      "a key of the log that you trust, or @file with one a line; may stand several times",
      collect,
      [],
    )
    .option("--witness <key>", "a witness that must have cosigned the checkpoint, or @file", collect, [])
    .option("--checkpoint <file>", "a checkpoint that you kept, which the log must agree with", collect, []);
}

function optionsOf({ key: keys, witness: witnesses, checkpoint: checkpoints, archive }: Trusted): VerifyOptions {
  return { keys, witnesses, checkpoints, archive };
}

/** Writes a reply into a new file as it comes. What was cut off is not left behind. */
async function save(response: Response, file: string, session: Session): Promise<number> {
  let [bytes, told] = [0, 0];
  const counting = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      if (bytes - told >= PROGRESS_BYTES) {
        told = bytes;
        session.tell(`${Math.round(bytes / 1024 / 1024)} MiB`);
      }
      done(null, chunk);
    },
  });
  try {
    const body = Readable.fromWeb(response.body as ReadableStream<Uint8Array>);
    await pipeline(body, counting, createWriteStream(file, { flags: "wx" }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST")
      throw new CliError("file_exists", `${file} is there already`, "Name a new file.");
    await rm(file, { force: true });
    throw new CliError("export_failed", `${file}: ${(error as Error).message}`, "Ask again; nothing was kept.");
  }
  return bytes;
}
