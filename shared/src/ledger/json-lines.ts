import { createReadStream } from "node:fs";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

const CHUNK = 1 << 22;
const LINE_MAX = 1 << 24;
const NEWLINE = 10;

/**
 * The lines of a file, each as bytes without its newline; packed as gzip where its name ends so.
 *
 * @throws where it cannot be read, stops in the middle of a line, or has one of more than 16 MiB
 */
export async function* readLines(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file, { highWaterMark: CHUNK });
  const unpacking = createGunzip({ chunkSize: CHUNK });
  const chunks = file.endsWith(".gz") ? pipeline(source, unpacking, () => undefined) : source; // errors come out where it is read
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes: Buffer = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield bytes.subarray(start, end);
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (rest.length > LINE_MAX) throw new RangeError(`${file} has a line of more than 16 MiB`);
  }
  if (rest.length > 0) throw new RangeError(`${file} stops in the middle of a line`);
}
