import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Semaphore } from "@aura/shared/semaphore";
import type { Jail, JailEnd, JailProcess, JailSpec } from "../sandbox/jail.ts";
import type { EndReason } from "../sandbox/limits.ts";
import type { HttpCall } from "./messages.ts";

/** O_PATH of Linux, which Node does not name: a descriptor that stands for the file and cannot be read. */
const O_PATH = 0o10000000;
/** Starts the product, passes signals on, and leads connections to it where its loopback is its own. */
const ATTENDANT = readFileSync(new URL("./attendant.py", import.meta.url), "utf8");
const NOT_LISTENING = "the product does not listen";
const READY_MS = 10_000;
const ANSWER_MS = 10_000;
const BODY_BYTES_MAX = 1024 * 1024;
/** More wait for their turn: each takes descriptors, of which product and attendant have 256. */
const REQUESTS_AT_ONCE = 100;

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A product that serves HTTP, running until it is stopped or ends. */
export class ServedProduct {
  readonly port: number;
  /** Never rejects; settles when the product and everything it started is gone. */
  readonly ended: Promise<JailEnd>;
  private readonly job: JailProcess;
  /** The folder of the attendant's socket; null where the product is on our own loopback. */
  private readonly relay: string | null;
  private readonly turns = new Semaphore(REQUESTS_AT_ONCE);
  private readonly headers: Readonly<Record<string, string>>;
  private finished: JailEnd | null = null;

  /** @param headers of each request, under those that it brings */
  constructor(jail: Jail, spec: JailSpec, port: number, headers: Readonly<Record<string, string>>) {
    this.port = port;
    this.headers = headers;
    this.relay = jail.namespaces ? jail.openFolder() : null;
    const argv = attended(spec.argv, this.relay === null ? "-" : "/relay/socket", port);
    this.job = jail.start({ ...spec, argv, relay: this.relay, channel: true });
    this.job.channel?.resume(); // nothing is expected there
    this.ended = this.job.ended.then((end) => {
      this.finished = end;
      if (this.relay !== null) jail.discard(this.relay);
      return end;
    });
  }

  /** How it ended; null while it runs. */
  get end(): JailEnd | null {
    return this.finished;
  }

  stderr(): string {
    return this.job.stderr();
  }

  /**
   * Waits until any answer comes from `path`.
   *
   * @returns false when the product ended, did not listen for 10 s, or listens and leaves three requests unanswered
   */
  async becomesReady(path: string): Promise<boolean> {
    const deadline = performance.now() + READY_MS;
    for (let unanswered = 0; this.finished === null && unanswered < 3 && performance.now() < deadline; ) {
      const failure = await this.tryAsking(path);
      if (failure === null) return true;
      if (failure !== NOT_LISTENING) unanswered += 1;
      await sleep(25);
    }
    return false;
  }

  private async tryAsking(path: string): Promise<string | null> {
    try {
      await this.ask({ method: "GET", path, headers: {}, timeout_s: 2 });
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** @throws {Error} when no complete answer came; the message is fit to be shown */
  ask(call: HttpCall): Promise<HttpAnswer> {
    return this.turns.run(() => this.askNow(call));
  }

  private async askNow(call: HttpCall): Promise<HttpAnswer> {
    const socket = this.relay === null ? null : openSocket(join(this.relay, "socket"));
    try {
      const target =
        socket === null ? { host: "127.0.0.1", port: this.port } : { socketPath: `/proc/self/fd/${socket}` };
      return await exchange(
        { ...target, ...requestLine(call, this.port, this.headers) },
        bodyOf(call),
        (call.timeout_s ?? 0) * 1000 || ANSWER_MS,
      );
    } finally {
      if (socket !== null) closeSync(socket);
    }
  }

  kill(reason: EndReason): void {
    this.job.kill(reason);
  }

  /** Sends the product a signal, which it may heed or not. */
  signal(name: string): void {
    this.job.channel?.write(`${name}\n`);
  }

  /** How it ended by itself; one that still runs after `timeoutS` is killed, with reason `timeout`. */
  endsWithin(timeoutS: number): Promise<JailEnd> {
    const timer = setTimeout(() => this.kill("timeout"), timeoutS * 1000);
    return this.ended.finally(() => clearTimeout(timer));
  }
}

/** Every sandbox has Python, which its canaries are written in. */
function attended(argv: readonly string[], socket: string, port: number): string[] {
  return ["/usr/bin/python3", "-I", "-S", "-c", ATTENDANT, socket, `${port}`, ...argv];
}

/** The product could put a link to some other socket of this machine in the place of its own, so no link is followed. */
function openSocket(path: string): number {
  const descriptor = tryOpen(path);
  if (descriptor === null) throw new Error(NOT_LISTENING);
  if (fstatSync(descriptor).isSocket()) return descriptor;
  closeSync(descriptor);
  throw new Error("the way to the product is gone");
}

function tryOpen(path: string): number | null {
  try {
    return openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch {
    return null;
  }
}

function requestLine(call: HttpCall, port: number, usual: Readonly<Record<string, string>>): RequestOptions {
  const given = Object.fromEntries(Object.entries(call.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const type = typeof call.body === "object" && call.body !== null ? { "content-type": "application/json" } : {};
  const headers = { host: `127.0.0.1:${port}`, connection: "close", ...usual, ...type, ...given };
  return { method: call.method.toUpperCase(), path: call.path, headers, agent: false };
}

function bodyOf(call: HttpCall): string | null {
  if (call.body === undefined || call.body === null) return null;
  return typeof call.body === "string" ? call.body : JSON.stringify(call.body);
}

function exchange(options: RequestOptions, body: string | null, timeoutMs: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === null ? {} : { "content-length": `${Buffer.byteLength(body)}` };
    const headers = { ...length, ...(options.headers as Record<string, string>) };
    const outgoing = request({ ...options, headers }, (answer) =>
      readAnswer(answer).then(resolve, (error) => reject(new Error(plainReason(error)))),
    );
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
    outgoing.once("error", (error) => reject(new Error(plainReason(error))));
    outgoing.once("close", () => clearTimeout(timer));
    outgoing.end(body ?? undefined);
  });
}

/** System errors name sockets and paths of the machine; the test needs only what happened. */
function plainReason(error: NodeJS.ErrnoException): string {
  if (error.code === undefined) return error.message;
  if (error.code.startsWith("HPE_")) return "the answer is not valid HTTP";
  if (error.code === "ECONNREFUSED") return NOT_LISTENING;
  return "the connection was closed before the answer was complete";
}

async function readAnswer(answer: IncomingMessage): Promise<HttpAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) throw new Error("the answer's body is larger than 1 MiB");
    chunks.push(chunk);
  }
  const headers = Object.entries(answer.headers).map(([name, value]) => [
    name,
    Array.isArray(value) ? value.join(", ") : `${value}`,
  ]);
  return {
    status: answer.statusCode ?? 0,
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}
