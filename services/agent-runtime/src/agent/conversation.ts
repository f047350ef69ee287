import type { TaskKind } from "@aura/shared/enums/task";
import type { ToolchainFacts } from "@aura/shared/models/toolchains";
import type { RunCheck } from "../execution/sandbox-checks.ts";
import type { Ending } from "./ending.ts";
import type { Tool } from "./tools/tool.ts";

/** One conversation with a model, from the first prompt to an ending. */
export interface Conversation {
  readonly kind: TaskKind;
  readonly task_key: string;
  /** Name and version of the prompt template, part of the recording key. */
  readonly template: string;
  /** Without the protocol, which depends on the mode. */
  readonly system: string;
  readonly user: string;
  readonly tools: readonly Tool[];
  /** What the work so far amounts to when the replies are used up. */
  readonly whenOutOfTurns: () => Ending;
}

/** What a kind of task needs from outside to do its work. */
export interface Workshop {
  readonly converse: (conversation: Conversation) => Promise<Ending>;
  readonly runCheck: RunCheck;
  readonly findToolchain: (name: string) => ToolchainFacts | undefined;
  /** Tells people what happened, in one line without prompts or secrets. */
  readonly note: (message: string, severity?: "info" | "warning") => void;
  readonly signal: AbortSignal;
}

export function outOfTurns(turns: number): Ending {
  return { outcome: "gave_up", code: "out_of_turns", detail: `no product after ${turns} replies` };
}
