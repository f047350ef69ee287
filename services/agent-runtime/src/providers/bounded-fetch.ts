import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** Bytes of one reply that are read before it is given up; a chat completion is far smaller. */
const REPLY_BYTES_MAX = 2 * 1024 * 1024;

export class ReplyTooLarge extends Error {
  constructor() {
    super(`the reply is larger than ${REPLY_BYTES_MAX} bytes`);
    this.name = "ReplyTooLarge";
  }
}

/**
 * A `fetch` for slow models: the built-in one gives up after five minutes without headers and reads bodies of any
 * size. This one waits as long as the signal lets it, reads at most REPLY_BYTES_MAX bytes and follows no redirect.
 *
 * @throws {ReplyTooLarge} when the body goes on beyond the bound; Node's network errors otherwise
 */
export async function boundedFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input instanceof Request ? input.url : input);
  const headers = new Headers(init.headers);
  headers.set("accept-encoding", "identity");
  const message = await send(url, init, headers);
  const body = await readBounded(message);
  const answered = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (value !== undefined) answered.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  const status = message.statusCode ?? 502;
  const mayHaveBody = status !== 204 && status !== 205 && status !== 304;
  return new Response(mayHaveBody ? new Uint8Array(body) : null, { status, headers: answered });
}

function send(url: URL, init: RequestInit, headers: Headers): Promise<IncomingMessage> {
  const open = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method: init.method ?? "GET",
      headers: Object.fromEntries(headers),
      ...(init.signal ? { signal: init.signal } : {}),
    };
    const outgoing = open(url, options, resolve);
    outgoing.on("error", reject);
    outgoing.end(typeof init.body === "string" ? init.body : undefined);
  });
}

async function readBounded(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > REPLY_BYTES_MAX) {
      message.destroy();
      throw new ReplyTooLarge();
    }
    chunks.push(chunk);
  }
  if (!message.complete) throw new Error("the connection was cut in the middle of the reply");
  return Buffer.concat(chunks);
}
