import { appendFile } from "node:fs/promises";
import { TASK_KINDS } from "@aura/shared/enums/task";
import { canonicalJson, sha256Hex } from "@aura/shared/models/canonical-json";
import { z } from "zod";
import type { Completion, CompletionRequest } from "./port.ts";

/** One reply of a model as it is kept for replay. */
export const RecordedCall = z.object({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  kind: z.enum(TASK_KINDS),
  task_key: z.string(),
  turn: z.int().positive(),
  template: z.string(),
  reply: z.object({
    content: z.string().nullable(),
    tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })),
    finish_reason: z.enum(["stop", "tool_calls", "length", "content_filter", "other"]).default("stop"),
  }),
  usage: z.object({ input_tokens: z.int().nonnegative(), output_tokens: z.int().nonnegative() }),
});
export type RecordedCall = z.infer<typeof RecordedCall>;

/**
 * What a recorded reply is found by: SHA-256 of the canonical JSON of kind, template version, messages and tools.
 * Prompts hold no uuid, time or path of a machine, so that the same work asks the same question again.
 */
export function recordingKey(request: Pick<CompletionRequest, "messages" | "tools" | "origin">): string {
  const { kind, template } = request.origin;
  return sha256Hex(canonicalJson({ kind, template, messages: request.messages, tools: request.tools }));
}

/** Appends successful calls to a file of JSON lines; `docs/examples/<name>/recording.json` is made from such a file. */
export function createRecorder(path: string) {
  return async function record(request: CompletionRequest, reply: Completion): Promise<void> {
    const { kind, template, task_key, turn } = request.origin;
    const call: RecordedCall = {
      key: recordingKey(request),
      kind,
      task_key,
      turn,
      template,
      reply: { content: reply.content, tool_calls: [...reply.tool_calls], finish_reason: reply.finish_reason },
      usage: reply.usage ?? { input_tokens: 0, output_tokens: 0 },
    };
    await appendFile(path, `${JSON.stringify(call)}\n`, { mode: 0o600 });
  };
}

export type Recorder = ReturnType<typeof createRecorder>;
