import { readdirSync, readFileSync } from "node:fs";

/** What checks a log, as it lies in the repository: the pure code, and beside it the program made of it. */
const SOURCE = new URL("../../../../shared/src/ledger/", import.meta.url);
const START = '#!/usr/bin/env node\nimport "./verifier/main.ts";\n';
const PACKAGE = '{ "type": "module" }\n';

/** The offline verifier as files of a pack: `node verifier/main.ts` starts it, with nothing but Node. */
export function verifierFiles(): Map<string, Buffer> {
  const files = new Map([
    ["verifier/main.ts", Buffer.from(START)],
    ["verifier/package.json", Buffer.from(PACKAGE)],
  ]);
  for (const folder of ["", "verifier/"])
    for (const name of readdirSync(new URL(folder, SOURCE)).filter((file) => file.endsWith(".ts")))
      files.set(`verifier/${folder}${name}`, readFileSync(new URL(`${folder}${name}`, SOURCE)));
  return files;
}
