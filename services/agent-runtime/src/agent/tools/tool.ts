import type { z } from "zod";
import type { ToolSchema } from "../../providers/port.ts";
import type { Ending } from "../ending.ts";
import { schemaForTool } from "../json-schema.ts";

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

export function toToolSchema({ name, description, parameters }: Tool): ToolSchema {
  return { name, description, parameters: schemaForTool(parameters) };
}
