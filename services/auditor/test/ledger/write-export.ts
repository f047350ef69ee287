import { closeSync, openSync, writeSync } from "node:fs";
import { sampleEvents } from "@aura/shared/testing/sample-export";
import { logSigner, SampleLog, WITNESS } from "@aura/shared/testing/sample-log";

/**
 * `node write-export.ts FILE RUNS [EVENTS BETWEEN CHECKPOINTS]`: a sound export of any length, for measuring how long checking
 * takes. Prints the keys to check it with.
 */
const [file = "", runs = "1000", every = "1000"] = process.argv.slice(2);
const log = new SampleLog();
const out = openSync(file, "w");
const buffer: string[] = [];
const write = (line: object) => {
  buffer.push(`${JSON.stringify(line)}\n`);
  if (buffer.length >= 10_000) flush();
};
const flush = () => writeSync(out, buffer.splice(0).join(""));

const origin = logSigner().verifier.name;
const size = [...sampleEvents(new SampleLog(), 1)].length * Number(runs);
write({ kind: "log", format: "aura-export/1", origin, size });
for (const event of sampleEvents(log, Number(runs))) {
  write(event);
  if (event.seq % Number(every) === Number(every) - 1 && event.seq + 1 < size) log.checkpoint();
}
log.checkpoint(undefined, [WITNESS]);
for (const note of log.notes) write({ kind: "checkpoint", note });
write({ kind: "end", events: size, checkpoints: log.notes.length });
flush();
closeSync(out);
console.log(
  `${size} events, ${log.notes.length} checkpoints\n--key ${logSigner().verifier.text}\n--witness ${WITNESS.verifier.text}`,
);
