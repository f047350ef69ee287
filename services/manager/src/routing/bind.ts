/** An agent as far as its host matters. */
export interface BindableAgent {
  readonly agent_id: string;
  readonly slug: string;
  /** Null: whatever the run says. */
  readonly provider: string | null;
  /** Where it is bound now; null: nowhere. */
  readonly runtime_id: string | null;
  /** Holds assigned or running tasks: it is moved only when its host is silent. */
  readonly busy: boolean;
}

export interface LiveRuntime {
  readonly runtime_id: string;
  readonly providers: readonly string[];
}

export interface Binding {
  readonly agent_id: string;
  readonly runtime_id: string;
}

/**
 * The bindings to change so that every agent lives on a live runtime and the runtimes carry equally many: agents
 * without a live host go to the emptiest one, then idle agents move while the difference is two or more.
 *
 * @param runtimes live ones only, in a stable order
 */
export function spreadAgents(agents: readonly BindableAgent[], runtimes: readonly LiveRuntime[]): Binding[] {
  const hosts = new Map<string, BindableAgent[]>(runtimes.map((runtime) => [runtime.runtime_id, []]));
  const homeless: BindableAgent[] = [];
  for (const agent of agents) (hosts.get(agent.runtime_id ?? "") ?? homeless).push(agent);
  const moved = new Map<string, string>();
  for (const agent of homeless) {
    const host = emptiest(hosts, runtimes, agent);
    if (host === undefined) continue;
    hosts.get(host)?.push(agent);
    moved.set(agent.agent_id, host);
  }
  for (let next = levelling(hosts, runtimes); next !== null; next = levelling(hosts, runtimes)) {
    const { agent, from, to } = next;
    hosts.set(
      from,
      (hosts.get(from) ?? []).filter((other) => other !== agent),
    );
    hosts.get(to)?.push(agent);
    moved.set(agent.agent_id, to);
  }
  return [...moved].map(([agent_id, runtime_id]) => ({ agent_id, runtime_id }));
}

type Hosts = ReadonlyMap<string, readonly BindableAgent[]>;

function emptiest(hosts: Hosts, runtimes: readonly LiveRuntime[], agent: BindableAgent): string | undefined {
  const able = runtimes.filter(({ providers }) => agent.provider === null || providers.includes(agent.provider));
  const hosting = able.length > 0 ? able : runtimes;
  const count = (id: string) => hosts.get(id)?.length ?? 0;
  return hosting.map(({ runtime_id }) => runtime_id).sort((a, b) => count(a) - count(b))[0];
}

/** One idle agent to move from a fuller runtime to one with at least two fewer; null when all is level. */
function levelling(hosts: Hosts, runtimes: readonly LiveRuntime[]) {
  for (const [from, agents] of [...hosts].sort((a, b) => b[1].length - a[1].length)) {
    for (const agent of agents.filter((candidate) => !candidate.busy)) {
      const to = emptiest(hosts, runtimes, agent);
      if (to !== undefined && agents.length - (hosts.get(to)?.length ?? 0) >= 2) return { agent, from, to };
    }
  }
  return null;
}
