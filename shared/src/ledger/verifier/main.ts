#!/usr/bin/env node
import { parseArgs } from "node:util";
import { describe } from "./describe.ts";
import { verify } from "./verify.ts";

const USAGE =
  "node main.ts PATH --key KEY|@FILE [--key ...] [--witness KEY|@FILE ...] [--checkpoint FILE ...] [--archive FOLDER] [--json]\n" +
  "PATH is an export, a folder of tiles or an unpacked evidence pack. Exit code: 0 sound, 1 tampered, 2 cannot tell.";

/** The stand-alone verifier: imports nothing that is not beside it or part of Node. */
async function main(): Promise<number> {
  const list = { type: "string", multiple: true, default: [] as string[] } as const;
  const json = { type: "boolean", default: false } as const;
  const options = { key: list, witness: list, checkpoint: list, archive: { type: "string" }, json } as const;
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [path] = positionals;
    if (path === undefined || positionals.length > 1) throw new Error("one path is needed");
    const { key: keys, witness: witnesses, checkpoint: checkpoints, archive } = values;
    const verification = await verify(path, { keys, witnesses, checkpoints, archive });
    console.log(values.json ? JSON.stringify(verification) : describe(verification));
    return verification.exit;
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`);
    return 2;
  }
}

process.exitCode = await main();
