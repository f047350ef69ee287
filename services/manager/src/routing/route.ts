import type { AgentStanding } from "@aura/shared/enums/actor";
import type { TaskKind } from "@aura/shared/enums/task";

/** A task that could be assigned now. */
export interface RoutableTask {
  readonly task_id: string;
  readonly run_id: string;
  readonly key: string;
  readonly kind: TaskKind;
  /** Of run and task together; higher goes first. */
  readonly priority: number;
  /** Provider that the run allows; several are separated by commas. */
  readonly provider: string;
  readonly preferred_agent_id: string | null;
  /** Another agent is better where there is one: the author of a disputed suite, a reviewer with the coder's model. */
  readonly less_welcome_agent_ids: readonly string[];
}

/** An agent of the roster and where it runs. */
export interface RoutableAgent {
  readonly agent_id: string;
  readonly slug: string;
  readonly capabilities: readonly TaskKind[];
  readonly standing: AgentStanding;
  readonly max_concurrent: number;
  /** Tasks assigned to it or running. */
  readonly load: number;
  /** Null: the run's. */
  readonly provider: string | null;
  /** The live runtime that it is bound to; null: none. */
  readonly runtime_id: string | null;
  readonly runtime_providers: readonly string[];
  /** Judged attempts and how many of them were accepted. */
  readonly judged: number;
  readonly accepted: number;
}

export interface RoutableRuntime {
  readonly runtime_id: string;
  readonly free: number;
}

/** Who has worked on a run: coders never write its tests, its test authors never code, its coders never review. */
export interface RunHistory {
  readonly run_id: string;
  readonly coder_ids: readonly string[];
  readonly author_ids: readonly string[];
}

export interface Assignment {
  readonly task_id: string;
  readonly agent_id: string;
}

export interface Unroutable {
  readonly task_id: string;
  readonly missing: string;
  /** False where waiting helps by itself: the runtimes are silent, not the roster lacking. */
  readonly roster: boolean;
}

export interface Routing {
  readonly assignments: readonly Assignment[];
  readonly nobody: readonly Unroutable[];
}

const RATE_SAMPLE_MIN = 5;

/**
 * Chooses an agent for each task that can have one now. Tasks whose eligible agents are all busy are left out of both
 * lists: they wait. The database checks every rule again.
 */
export function route(
  tasks: readonly RoutableTask[],
  agents: readonly RoutableAgent[],
  runtimes: readonly RoutableRuntime[],
  history: readonly RunHistory[],
): Routing {
  const load = new Map(agents.map((agent) => [agent.agent_id, agent.load]));
  const free = new Map(runtimes.map((runtime) => [runtime.runtime_id, runtime.free]));
  const separation = new Separation(history);
  const assignments: Assignment[] = [];
  const nobody: Unroutable[] = [];
  for (const task of [...tasks].sort(byUrgency)) {
    const { eligible, missing, roster } = eligibleFor(task, agents, separation);
    if (eligible.length === 0) {
      nobody.push({ task_id: task.task_id, missing, roster });
      continue;
    }
    const loadOf = (agent: RoutableAgent) => load.get(agent.agent_id) ?? agent.load;
    const hasRoom = (agent: RoutableAgent) =>
      loadOf(agent) < agent.max_concurrent && (free.get(agent.runtime_id ?? "") ?? 0) > 0;
    const chosen = choose(task, eligible, loadOf, hasRoom);
    if (chosen === null) continue;
    assignments.push({ task_id: task.task_id, agent_id: chosen.agent_id });
    load.set(chosen.agent_id, loadOf(chosen) + 1);
    free.set(chosen.runtime_id ?? "", (free.get(chosen.runtime_id ?? "") ?? 0) - 1);
    separation.note(task, chosen.agent_id);
  }
  return { assignments, nobody };
}

function byUrgency(a: RoutableTask, b: RoutableTask): number {
  return b.priority - a.priority || compareText(a.key, b.key) || compareText(a.task_id, b.task_id);
}

/** The preferred agent is waited for while it is eligible; otherwise the best of those with room. */
function choose(
  task: RoutableTask,
  eligible: readonly RoutableAgent[],
  loadOf: (agent: RoutableAgent) => number,
  hasRoom: (agent: RoutableAgent) => boolean,
): RoutableAgent | null {
  const preferred = eligible.find((agent) => agent.agent_id === task.preferred_agent_id);
  if (preferred !== undefined) return hasRoom(preferred) ? preferred : null;
  const unwelcome = new Set(task.less_welcome_agent_ids);
  const rank = (agent: RoutableAgent) => [
    unwelcome.has(agent.agent_id) ? 1 : 0,
    agent.standing === "active" ? 0 : 1,
    loadOf(agent) / agent.max_concurrent,
    agent.judged < RATE_SAMPLE_MIN ? -0.5 : -agent.accepted / agent.judged,
  ];
  const open = eligible.filter(hasRoom);
  return open.sort((a, b) => compareRanks(rank(a), rank(b)) || compareText(a.slug, b.slug))[0] ?? null;
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  return a.map((value, i) => value - (b[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

class Separation {
  readonly #coders = new Map<string, Set<string>>();
  readonly #authors = new Map<string, Set<string>>();

  constructor(history: readonly RunHistory[]) {
    for (const run of history) {
      this.#coders.set(run.run_id, new Set(run.coder_ids));
      this.#authors.set(run.run_id, new Set(run.author_ids));
    }
  }

  allows(task: RoutableTask, agentId: string): boolean {
    const codes = this.#coders.get(task.run_id)?.has(agentId) === true;
    const authors = this.#authors.get(task.run_id)?.has(agentId) === true;
    if (task.kind === "implement") return !authors;
    return !((task.kind === "acceptance_tests" || task.kind === "review") && codes);
  }

  note(task: RoutableTask, agentId: string): void {
    const roles = task.kind === "implement" ? this.#coders : task.kind === "acceptance_tests" ? this.#authors : null;
    if (roles === null) return;
    roles.set(task.run_id, (roles.get(task.run_id) ?? new Set()).add(agentId));
  }
}

/** An agent's own provider where the run allows it, else any of the run's: the same rule as in `accept_tasks`. */
function hasProvider(agent: RoutableAgent, task: RoutableTask): boolean {
  const allowed = task.provider.split(",").map((name) => name.trim());
  const wanted = agent.provider !== null && allowed.includes(agent.provider) ? [agent.provider] : allowed;
  return wanted.some((name) => agent.runtime_providers.includes(name));
}

/** Narrows the roster rule by rule, so that the first rule that leaves nobody is what is missing. */
function eligibleFor(task: RoutableTask, agents: readonly RoutableAgent[], separation: Separation) {
  const rules: readonly [(agent: RoutableAgent) => boolean, string, boolean][] = [
    [(a) => a.capabilities.includes(task.kind), `no agent has the capability ${task.kind}`, true],
    [
      (a) => a.standing === "active" || a.standing === "probation",
      `every agent with the capability ${task.kind} is suspended or retired`,
      true,
    ],
    [
      (a) => separation.allows(task, a.agent_id),
      `every agent with the capability ${task.kind} is excluded by the separation of coders, test authors and reviewers in this run`,
      true,
    ],
    [(a) => a.runtime_id !== null, "no agent runtime is alive to host an agent that may do this", false],
    [(a) => hasProvider(a, task), `no live agent runtime is configured for the provider ${task.provider}`, false],
  ];
  let eligible = agents;
  for (const [allows, missing, roster] of rules) {
    const left = eligible.filter(allows);
    if (left.length === 0) return { eligible: left, missing, roster };
    eligible = left;
  }
  return { eligible, missing: "", roster: false };
}
