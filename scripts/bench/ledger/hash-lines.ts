import { hash } from "node:crypto";
import { readLines } from "@aura/shared/ledger/json-lines";

/** The least that checking a log takes: reads the lines of a file and hashes each. Prints how many there were. */
const [file = ""] = process.argv.slice(2);
let lines = 0;
for await (const line of readLines(file)) {
  hash("sha256", line, "buffer");
  lines += 1;
}
console.log(lines);
