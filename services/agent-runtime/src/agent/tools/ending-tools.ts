import { z } from "zod";
import { defineTool, type Tool } from "./tool.ts";

const TEXT_CHARS_MAX = 2_000;

/** Ways to end without a product. */
export const giveUpTool: Tool = defineTool({
  name: "give_up",
  description: "Ends the task without a result, because it cannot be done as it stands. Says why.",
  parameters: z.strictObject({ reason: z.string().min(10) }),
  run: ({ reason }) => ({
    ending: { outcome: "gave_up", code: "gave_up", detail: reason.slice(0, TEXT_CHARS_MAX) },
  }),
});

export const askDirectorTool: Tool = defineTool({
  name: "ask_director",
  description:
    "Asks the person in charge one question and stops the task until it is answered. Only for a contradiction or gap that makes the task impossible; where a reasonable reading exists, take it and go on.",
  parameters: z.strictObject({ question: z.string().min(10) }),
  run: ({ question }) => ({
    ending: { outcome: "held_up", code: "question", detail: question.slice(0, TEXT_CHARS_MAX) },
  }),
});
