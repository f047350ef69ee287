/**
 * The whole body of a message as text.
 *
 * @throws {RangeError} when it is larger than `bytesMax`
 */
export async function readBoundedText(message: AsyncIterable<Uint8Array>, bytesMax: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > bytesMax) throw new RangeError(`it is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
