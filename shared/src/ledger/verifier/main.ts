#!/usr/bin/env node
import { parseArgs } from "node:util";
import { describe } from "./describe.ts";
import { verify } from "./verify.ts";

const USAGE = `node main.ts PATH --key KEY|@FILE [--key ...] [--witness KEY|@FILE ...] [--checkpoint FILE ...] [--archive FOLDER] [--json]
PATH is an export, a folder of tiles or an unpacked evidence pack. Exit code: 0 sound, 1 tampered, 2 cannot tell.`;
const LIST = { type: "string", multiple: true, default: [] as string[] } as const;
const JSON_ONLY = { type: "boolean", default: false } as const;
const OPTIONS = { key: LIST, witness: LIST, checkpoint: LIST, archive: { type: "string" }, json: JSON_ONLY } as const;

// The stand-alone verifier: imports nothing that is not pure code or part of Node.
try {
  const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  const [path = "", ...more] = positionals;
  if (path === "" || more.length > 0) throw new Error("one path is needed");
  const { key: keys, witness: witnesses, checkpoint: checkpoints, archive } = values;
  const verification = await verify(path, { keys, witnesses, checkpoints, archive });
  console.log(values.json ? JSON.stringify(verification) : describe(verification));
  process.exitCode = verification.exit;
} catch (error) {
  console.error(`${(error as Error).message}\n${USAGE}`);
  process.exitCode = 2;
}
