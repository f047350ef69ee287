import { hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** The least that checking a log takes: reads the lines of a file and hashes each. Prints how many there were. */
const [file = ""] = process.argv.slice(2);
let lines = 0;
for await (const line of createInterface({ input: createReadStream(file, { highWaterMark: 1 << 22 }) })) {
  hash("sha256", line, "buffer");
  lines += 1;
}
console.log(lines);
