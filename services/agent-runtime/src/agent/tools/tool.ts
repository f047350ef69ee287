import { z } from "zod";
import type { ToolSchema } from "../../providers/port.ts";
import type { Ending } from "../ending.ts";

export type ToolResult =
  /** Goes back to the model; `failed` counts towards giving up when nothing else in the reply succeeded. */
  { readonly text: string; readonly failed?: boolean } | { readonly ending: Ending };

/** One thing an agent can do. `run` is called with arguments that the schema accepted. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodType;
  /** A product of the task: a reply that is just its arguments counts as a call of it. */
  readonly submits: boolean;
  run(args: unknown, signal: AbortSignal): Promise<ToolResult> | ToolResult;
}

export function defineTool<S extends z.ZodType>(tool: {
  name: string;
  description: string;
  parameters: S;
  submits?: boolean;
  run(args: z.infer<S>, signal: AbortSignal): Promise<ToolResult> | ToolResult;
}): Tool {
  return { submits: false, ...tool, run: (args, signal) => tool.run(args as z.infer<S>, signal) };
}

/** Left out of what models are shown: servers that compile schemas to grammars stumble over them, zod checks them anyway. */
const HIDDEN_KEYWORDS = new Set(["$schema", "pattern", "format"]);

export function toToolSchema({ name, description, parameters }: Tool): ToolSchema {
  return {
    name,
    description,
    parameters: plain(z.toJSONSchema(parameters, { io: "input" })) as Record<string, unknown>,
  };
}

function plain(schema: unknown, insideProperties = false): unknown {
  if (Array.isArray(schema)) return schema.map((each) => plain(each));
  if (typeof schema !== "object" || schema === null) return schema;
  const kept = Object.entries(schema).filter(([key]) => insideProperties || !HIDDEN_KEYWORDS.has(key));
  return Object.fromEntries(kept.map(([key, value]) => [key, plain(value, key === "properties" && !insideProperties)]));
}
