import type { ToolchainFacts } from "@aura/shared/models/toolchains";
import { z } from "zod";
import type { RunCheck } from "../../execution/sandbox-checks.ts";
import type { Workspace } from "../workspace.ts";
import { defineTool, type Tool } from "./tool.ts";

/** Runs one of the toolchain's checks on the files as they are now, in the Auditor's sandbox. */
export function checkTool(workspace: Workspace, toolchain: ToolchainFacts, runCheck: RunCheck): Tool {
  const names = toolchain.commands.map((command) => command.name);
  const list = toolchain.commands.map((command) => `${command.name}: ${command.does}`).join("; ");
  return defineTool({
    name: "run_check",
    description: `Runs one check on the files as they are now, in a sandbox, and returns exit code and output, the middle of long output left out. Checks: ${list}.`,
    parameters: z.strictObject({ name: z.enum(names), arguments: z.array(z.string()).optional() }),
    async run(args, signal) {
      const result = await runCheck(
        { tree: workspace.tree, command: args.name, arguments: args.arguments ?? [] },
        signal,
      );
      return { text: result.text };
    },
  });
}
