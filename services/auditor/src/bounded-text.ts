import type { IncomingMessage } from "node:http";

/**
 * The whole body of a message as text.
 *
 * @throws {RangeError} when it is larger than `bytesMax`
 */
export async function readBoundedText(message: IncomingMessage, bytesMax: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) throw new RangeError(`it is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
