import type { Agent } from "@aura/shared/schemas/api/agent";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import type { Command } from "commander";
import type { Session } from "../session.ts";

export function addAgentCommands(program: Command, session: Session): void {
  program
    .command("agents")
    .description("the roster: who can do what, in which standing, on which runtime")
    .action(async () => {
      const page = await session.client().call(OPERATIONS.listAgents, { query: { limit: 1000 } });
      session.show(page, page.data.map(agentLine).join("\n") || "no agents");
    });
}

function agentLine(agent: Agent): string {
  const runtime =
    agent.runtime === null ? "not hosted" : `${agent.runtime.name}${agent.runtime.live ? "" : " (silent)"}`;
  return `${agent.slug.padEnd(20)} ${agent.standing.padEnd(10)} ${String(agent.open_tasks).padStart(2)} open  ${runtime.padEnd(24)} ${agent.capabilities.join(", ")}`;
}
