import { join } from "node:path";
import { parseArgs } from "node:util";
import { signerOf } from "@aura/shared/ledger/notes";
import { KeyFolder } from "./key-folder.ts";
import { HAND_OVER_FILE } from "./signing-keys.ts";

const USAGE = `node services/auditor/src/ledger/keys-main.ts <command>, with AURA_LEDGER_FOLDER set
with --attestation, it is about the keys that sign attestations: list, rotate (the newest one signs), retire

  list                               keys in the folder, oldest first
  rotate                             a new key signs beside the old ones from the next checkpoint on
  retire FILE --reason TEXT          this key signs no more; one must be left
  hand-over --reason TEXT            all keys of the log are lost: a new one goes on, and the log says so`;

const SHORTEST_REASON = 3;

/** What a person decides about the keys that sign the log. The Auditor sees the folder and puts the decision on record. */
function main(args: string[], path: string): string {
  const options = { reason: { type: "string" }, attestation: { type: "boolean", default: false } } as const;
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
  const [command, file] = positionals;
  const folder = new KeyFolder(values.attestation ? join(path, "attestation") : path);
  switch (command) {
    case "list":
      return folder.keys().map(describe).join("\n") || "There is no key yet.";
    case "rotate":
      if (folder.keys().length === 0) throw new Error("There is no key to rotate; the Auditor makes the first one.");
      return `Made: ${describe(folder.createKey())}. Once it has signed, retire the old one.`;
    case "retire":
      return retire(folder, file, reasonOf(values.reason));
    case "hand-over":
      if (values.attestation)
        throw new Error("Nothing is handed over: the Auditor makes a new key where there is none.");
      if (folder.keys().length > 0)
        throw new Error("There are keys in the folder: move them away first if they are not the log's.");
      folder.write(HAND_OVER_FILE, reasonOf(values.reason));
      return "The Auditor makes a new key with its next step, and the log says that the old ones were lost.";
    default:
      throw new Error(USAGE);
  }
}

function retire(folder: KeyFolder, file: string | undefined, reason: string): string {
  const keys = folder.keys();
  const key = keys.find((kept) => kept.file === file);
  if (key === undefined) throw new Error(`There is no key ${file ?? ""}; list names them.`);
  if (keys.length === 1) throw new Error("This is the only key: rotate first.");
  folder.retire(key, reason);
  return `${key.file} signs no more.`;
}

function reasonOf(reason: string | undefined): string {
  if (reason === undefined || reason.trim().length < SHORTEST_REASON)
    throw new Error("--reason is needed, for the log.");
  return reason.trim();
}

/** The file and the public key; its name is the log's, which only the Auditor knows. */
function describe({ file, seed }: { file: string; seed: Buffer }): string {
  return `${file} ${signerOf("log", seed).verifier.text.split("+").slice(2).join("+")}`;
}

try {
  const folder = process.env.AURA_LEDGER_FOLDER;
  if (folder === undefined || folder === "") throw new Error("AURA_LEDGER_FOLDER is not set.");
  console.log(main(process.argv.slice(2), folder));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 2;
}
