import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** One line that agent-runtime writes to AURA_RECORD_TO. */
export const RecordedLine = z.looseObject({
  key: z.string(),
  kind: z.string(),
  task_key: z.string(),
  turn: z.int(),
  template: z.string(),
  reply: z.object({
    content: z.string().nullable(),
    tool_calls: z.array(z.object({ id: z.string(), name: z.string(), arguments: z.string() })),
    finish_reason: z.string(),
  }),
  usage: z.object({ input_tokens: z.int(), output_tokens: z.int() }),
});
export type RecordedLine = z.infer<typeof RecordedLine>;

const ChatRequest = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.string().nullish() })),
});

/**
 * An OpenAI-compatible server that answers with recorded replies by their place: the task's key (which every prompt names),
 * and how many conversations the task has had. For making a recording again after a change of prompt texts.
 */
export async function startPlayback(lines: readonly RecordedLine[]) {
  const conversations = groupByTask(lines);
  const opened = new Map<string, RecordedLine[]>();
  const server = createServer(async (request, response) => {
    const asked = ChatRequest.parse(JSON.parse(await bodyOf(request)));
    const prompt = asked.messages.find(({ role }) => role === "user")?.content ?? "";
    const conversation = opened.get(prompt) ?? conversations.get(taskOf(prompt))?.shift();
    if (conversation !== undefined) opened.set(prompt, conversation);
    const line = conversation?.[asked.messages.filter(({ role }) => role === "assistant").length];
    response.writeHead(line === undefined ? 400 : 200, { "content-type": "application/json" });
    const problem = { error: { message: `nothing recorded for ${taskOf(prompt)} at this place` } };
    response.end(JSON.stringify(line === undefined ? problem : completion(asked.model, line)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { base_url: `http://127.0.0.1:${port}/v1`, close: () => void server.close() };
}

/** Conversations of each task in order; a conversation begins with turn 1. */
function groupByTask(lines: readonly RecordedLine[]): Map<string, RecordedLine[][]> {
  const tasks = new Map<string, RecordedLine[][]>();
  for (const line of lines) {
    const conversations = tasks.get(line.task_key) ?? [];
    if (line.turn === 1) conversations.push([line]);
    else conversations.at(-1)?.push(line);
    tasks.set(line.task_key, conversations);
  }
  return tasks;
}

function taskOf(prompt: string): string {
  return /Task ([A-Z][A-Z0-9-]*):/.exec(prompt)?.[1] ?? "";
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function completion(model: string, { reply, usage }: RecordedLine) {
  const tool_calls = reply.tool_calls.map((call) => ({
    id: call.id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  }));
  const message = { role: "assistant", content: reply.content, ...(tool_calls.length > 0 ? { tool_calls } : {}) };
  return {
    id: "chatcmpl-playback",
    object: "chat.completion",
    created: 0,
    model,
    choices: [{ index: 0, message, finish_reason: tool_calls.length > 0 ? "tool_calls" : "stop" }],
    usage: {
      prompt_tokens: usage.input_tokens,
      completion_tokens: usage.output_tokens,
      total_tokens: usage.input_tokens + usage.output_tokens,
    },
  };
}
