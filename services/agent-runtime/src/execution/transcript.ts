import { canonicalJson } from "@aura/shared/models/canonical-json";
import type { CompletionRequest, Message } from "../providers/port.ts";
import type { Desk } from "./desk.ts";

export interface TranscriptHead {
  /** In the order in which they may be asked. */
  readonly models: readonly { readonly provider: string; readonly model: string }[];
  readonly replay: boolean;
  readonly mode: string;
  readonly agent: string;
}

interface AnsweredCall {
  readonly turn: number;
  readonly call_id: string;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

interface TalkRecord {
  readonly template: string;
  readonly tools: readonly string[];
  readonly messages: Message[];
  readonly calls: AnsweredCall[];
}

/**
 * What was said in an attempt, in order: every message, tool call and result, and what each call took. Requests are
 * stored one by one as they are made, each naming the one before it and holding only what was added since, so that a
 * long conversation is kept exactly and once.
 */
export class Transcript {
  readonly #head: TranscriptHead;
  readonly #talks: TalkRecord[] = [];
  #lastRequest: { messages: readonly Message[]; sha256: Buffer } | null = null;

  constructor(head: TranscriptHead) {
    this.#head = head;
  }

  begin(template: string, tools: readonly string[]): void {
    this.#talks.push({ template, tools, messages: [], calls: [] });
    this.#lastRequest = null;
  }

  heard(message: Message): void {
    this.#talks.at(-1)?.messages.push(message);
  }

  answered(call: AnsweredCall): void {
    this.#talks.at(-1)?.calls.push(call);
  }

  /** Hash of the stored request. */
  async storeRequest(desk: Desk, request: CompletionRequest): Promise<Buffer> {
    const last = this.#lastRequest;
    const { messages, tools, response_format } = request;
    const previous = last?.messages.every((message, index) => message === messages[index]) ? last : null;
    const document = {
      previous: previous?.sha256.toString("hex") ?? null,
      messages: messages.slice(previous?.messages.length ?? 0),
      ...(previous === null ? { tools, response_format } : {}),
      max_output_tokens: request.max_output_tokens,
      model: request.model,
    };
    const body = Buffer.from(canonicalJson(document), "utf8");
    const [sha256] = await desk.putBlobs([{ body, media_type: "application/json" }]);
    if (sha256 === undefined) throw new Error("put_blobs gave no hash");
    this.#lastRequest = { messages: request.messages, sha256 };
    return sha256;
  }

  body(): Buffer {
    return Buffer.from(canonicalJson({ ...this.#head, conversations: this.#talks }), "utf8");
  }
}
