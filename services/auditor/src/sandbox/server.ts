import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Log } from "@aura/shared/log";
import { AuraError } from "@aura/shared/problems";
import { ZodError } from "zod";
import { readBoundedText } from "../bounded-text.ts";
import { listenOnSocket } from "../unix-listener.ts";
import type { Sandbox } from "./port.ts";
import { callSandbox, MESSAGE_BYTES_MAX, problemText, REQUESTS, type SandboxMethod, wireText } from "./wire.ts";

/** Longer than the longest job; a client that is gone earlier is noticed by its connection. */
const REQUEST_MS = 40 * 60_000;

/**
 * Serves a sandbox over a Unix socket: `POST /<method>` with JSON. One job at a time; when its client hangs up, the
 * job is killed and the next one begins.
 *
 * @param socketPath made afresh, 0660: whoever shares the group may use it
 */
export async function serveSandbox(sandbox: Sandbox, socketPath: string, log: Log): Promise<Server> {
  const turns = new Turns();
  const server = createServer((request, response) => {
    request.on("error", () => undefined); // clients that hang up
    response.on("error", () => undefined);
    turns.take(() => answer(sandbox, request, response, log));
  });
  server.requestTimeout = REQUEST_MS;
  await listenOnSocket(server, socketPath);
  return server;
}

/** Work one after the other, whatever becomes of it. */
class Turns {
  private last: Promise<void> = Promise.resolve();

  take(work: () => Promise<void>): void {
    this.last = this.last.then(work).catch(() => undefined);
  }
}

async function answer(sandbox: Sandbox, request: IncomingMessage, response: ServerResponse, log: Log): Promise<void> {
  if (request.socket.destroyed) return;
  const begun = performance.now();
  const method = (request.url ?? "").slice(1);
  const onClose = () => {
    if (!response.writableEnded) sandbox.killAll().catch(() => undefined);
  };
  response.once("close", onClose);
  try {
    if (request.method !== "POST" || !isMethod(method)) throw new AuraError("not_found", `no method ${method}`);
    const result = await callSandbox(sandbox, method, JSON.parse(await readBoundedText(request, MESSAGE_BYTES_MAX)));
    send(response, 200, wireText(result));
    log.info({ method, duration_ms: Math.round(performance.now() - begun) }, "sandbox job done");
  } catch (error) {
    const problem = problemOf(error);
    send(response, 500, problemText(problem));
    log.warn({ method, code: problem.code, detail: problem.detail, err: error }, "sandbox job refused");
  } finally {
    response.off("close", onClose);
  }
}

function isMethod(name: string): name is SandboxMethod {
  return Object.hasOwn(REQUESTS, name);
}

function problemOf(error: unknown): AuraError {
  if (error instanceof AuraError) return error;
  if (error instanceof ZodError) return new AuraError("validation_failed", error.issues[0]?.message ?? "malformed");
  if (error instanceof RangeError) return new AuraError("validation_failed", error.message);
  if (error instanceof SyntaxError) return new AuraError("invalid_json", "the request is not JSON");
  return new AuraError("internal", "the sandbox failed");
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
