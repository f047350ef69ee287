import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { CannotTell, Tampered } from "./findings.ts";

const CHUNK = 1 << 22;
const LINE_MAX = 1 << 24;
const NEWLINE = 10;

export type Line = Readonly<Record<string, unknown>> & { readonly kind: string };

/**
 * The lines of a JSON-lines file, one object each, in the one form that a writer gives them (no white space, nothing twice).
 *
 * @throws {CannotTell} for a file that cannot be read or stops in the middle of a line
 * @throws {Tampered} for a line in another form
 */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks(file)) {
    let start = 0;
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield parseLine(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > LINE_MAX) throw new CannotTell("a line has more than 16 MiB");
  }
  if (rest.length > 0) throw new CannotTell("the file stops in the middle of a line");
}

async function* chunks(file: string): AsyncGenerator<Buffer> {
  try {
    const source = createReadStream(file, { highWaterMark: CHUNK });
    if (!file.endsWith(".gz")) yield* source;
    else yield* pipeline(source, createGunzip({ chunkSize: CHUNK }), () => undefined); // its errors come out here
  } catch (error) {
    throw new CannotTell(`${file} cannot be read: ${(error as Error).message}`);
  }
}

/** Half a surrogate pair would turn into another character on its way to bytes: no writer has it. */
function parseLine(bytes: Buffer): Line {
  const text = bytes.toString("utf8");
  const value = parse(text);
  const halves = text.includes("\\ud") && /(?<!\\)(\\\\)*\\ud[89a-f]/.test(text);
  if (JSON.stringify(value) !== text || halves || !isUtf8(bytes))
    throw new Tampered(null, "a line is not in the form in which exports are written");
  return value;
}

function parse(text: string): Line {
  try {
    const value = JSON.parse(text) as Line;
    if (typeof value === "object" && value !== null && typeof value.kind === "string") return value;
  } catch {
    // said below
  }
  throw new CannotTell("a line is no JSON object with a kind");
}

/** Keys in their order; JSON keeps it. */
export function hasKeys(object: object, keys: string): boolean {
  return Object.keys(object).join() === keys;
}
