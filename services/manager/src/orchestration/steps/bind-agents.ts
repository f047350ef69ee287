import { readBindableAgents, readLiveRuntimes } from "../../db/orchestration-agents.ts";
import { spreadAgents } from "../../routing/bind.ts";
import { countDone, type Step } from "../step.ts";

/** Gives every agent a live runtime, equally many to each. */
export const bindAgents: Step = {
  name: "bind_agents",
  async run({ pool, verbs, log }) {
    const [agents, runtimes] = await Promise.all([readBindableAgents(pool), readLiveRuntimes(pool)]);
    const bindings = spreadAgents(agents, runtimes);
    if (bindings.length === 0) return 0;
    return countDone(log, "bind_agents", await verbs.bindAgents(pool, bindings));
  },
};
