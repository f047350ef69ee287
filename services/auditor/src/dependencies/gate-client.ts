import { request } from "node:http";
import type { z } from "zod";
import { readBoundedText } from "../bounded-text.ts";
import { type OpenSession, SessionOpened, SessionRecord } from "./gate-protocol.ts";
import { RegistryUnavailable } from "./upstream.ts";

/** Longer than the gate takes to look at every package of a plan while the registry does not answer. */
const ANSWER_MS = 180_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** The Auditor's side of the registry gate. */
export class GateClient {
  private readonly socketPath: string;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  /** @throws {RegistryUnavailable} when the gate itself does not answer; so do the others */
  open(session: OpenSession): Promise<SessionOpened> {
    return this.call("POST", "/sessions", SessionOpened, JSON.stringify(session));
  }

  record(id: string): Promise<SessionRecord> {
    return this.call("GET", `/sessions/${id}`, SessionRecord);
  }

  async close(id: string): Promise<void> {
    await this.call("DELETE", `/sessions/${id}`, SessionRecord);
  }

  private async call<T extends z.ZodType>(
    method: string,
    path: string,
    schema: T,
    body?: string,
  ): Promise<z.output<T>> {
    try {
      const { status, text } = await this.exchange(method, path, body);
      if (status !== 200) throw new Error(`it answered ${status}`);
      return schema.parse(JSON.parse(text));
    } catch (error) {
      throw new RegistryUnavailable(`the registry gate did not answer (${(error as Error).message})`, { cause: error });
    }
  }

  private exchange(method: string, path: string, body = ""): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const options = { socketPath: this.socketPath, path, method, headers, agent: false, timeout: ANSWER_MS };
      const outgoing = request(options, (answer) => {
        readBoundedText(answer, ANSWER_BYTES_MAX).then(
          (text) => resolve({ status: answer.statusCode ?? 0, text }),
          reject,
        );
      });
      outgoing.once("timeout", () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
      outgoing.once("error", reject);
      outgoing.end(body);
    });
  }
}
