import { describe, expect, it } from "vitest";
import { type RoutableAgent, type RoutableTask, route } from "../../src/routing/route.ts";

const task = (task_id: string, rest: Partial<RoutableTask> = {}): RoutableTask => ({
  task_id,
  run_id: "run",
  key: task_id,
  kind: "implement",
  priority: 0,
  provider: "replay",
  preferred_agent_id: null,
  less_welcome_agent_ids: [],
  ...rest,
});
const agent = (slug: string, rest: Partial<RoutableAgent> = {}): RoutableAgent => ({
  agent_id: slug,
  slug,
  capabilities: ["implement"],
  standing: "active",
  max_concurrent: 1,
  load: 0,
  provider: null,
  runtime_id: "rt",
  runtime_providers: ["replay"],
  judged: 0,
  accepted: 0,
  ...rest,
});
const room = [{ runtime_id: "rt", free: 10 }];
const chosen = (tasks: RoutableTask[], agents: RoutableAgent[]) => route(tasks, agents, room, []).assignments;

describe("routing", () => {
  it("takes active before probation, then the least loaded, then the better verified, then by slug", () => {
    expect(chosen([task("t")], [agent("a", { standing: "probation" }), agent("b")])[0]?.agent_id).toBe("b");
    const loaded = [agent("a", { load: 1, max_concurrent: 2 }), agent("b", { max_concurrent: 2 })];
    expect(chosen([task("t")], loaded)[0]?.agent_id).toBe("b");
    const rated = [agent("a", { judged: 10, accepted: 5 }), agent("b", { judged: 10, accepted: 9 })];
    expect(chosen([task("t")], rated)[0]?.agent_id).toBe("b");
    expect(chosen([task("t")], [agent("b"), agent("a")])[0]?.agent_id).toBe("a");
  });

  it("does not trust a rate from fewer than five verdicts", () => {
    const agents = [agent("lucky", { judged: 1, accepted: 1 }), agent("good", { judged: 10, accepted: 9 })];
    expect(chosen([task("t")], agents)[0]?.agent_id).toBe("good");
  });

  it("gives urgent tasks away first and nobody more than it can hold", () => {
    const tasks = [task("t1"), task("t2", { priority: 5 })];
    expect(chosen(tasks, [agent("a")])).toEqual([{ task_id: "t2", agent_id: "a" }]);
  });

  it("waits for the agent that the Director wants", () => {
    const wanted = task("t", { preferred_agent_id: "b" });
    expect(chosen([wanted], [agent("a"), agent("b", { load: 1 })])).toEqual([]);
    expect(chosen([wanted], [agent("a"), agent("b", { standing: "suspended" })])[0]?.agent_id).toBe("a");
  });

  it("never lets a coder write tests or review, nor a test author code, in one run", () => {
    const all = agent("a", { capabilities: ["implement", "acceptance_tests", "review"], max_concurrent: 9 });
    const coder = [{ run_id: "run", coder_ids: ["a"], author_ids: [] }];
    const author = [{ run_id: "run", coder_ids: [], author_ids: ["a"] }];
    expect(route([task("t", { kind: "acceptance_tests" })], [all], room, coder).nobody).toHaveLength(1);
    expect(route([task("t", { kind: "review" })], [all], room, coder).nobody).toHaveLength(1);
    expect(route([task("t")], [all], room, author).nobody[0]?.missing).toContain("separation");
    expect(route([task("t", { run_id: "other" })], [all], room, author).assignments).toHaveLength(1);
    const both = [task("t1"), task("t2", { kind: "review" })];
    expect(route(both, [all], room, []).assignments).toEqual([{ task_id: "t1", agent_id: "a" }]);
  });

  it("takes a less welcome agent only where there is no other", () => {
    const review = task("t", { less_welcome_agent_ids: ["a"] });
    expect(chosen([review], [agent("a"), agent("b", { standing: "probation" })])[0]?.agent_id).toBe("b");
    expect(chosen([review], [agent("a")])[0]?.agent_id).toBe("a");
  });

  it("needs one of the providers that the run allows, and an agent's own where it has one of them", () => {
    const listed = [task("t", { provider: "openai, replay" })];
    expect(chosen(listed, [agent("a")])).toHaveLength(1);
    expect(chosen(listed, [agent("a", { provider: "openai" })])).toHaveLength(0);
    expect(chosen(listed, [agent("a", { provider: "gemini" })])).toHaveLength(1);
  });

  it("tells what is missing, and whether the roster or only a live runtime is", () => {
    const nobody = (agents: RoutableAgent[]) => route([task("t")], agents, room, []).nobody[0];
    expect(nobody([])).toMatchObject({ roster: true, missing: "no agent has the capability implement" });
    expect(nobody([agent("a", { runtime_id: null })])).toMatchObject({ roster: false });
    expect(nobody([agent("a", { runtime_providers: ["openai"] })])?.missing).toContain("provider replay");
  });

  it("leaves a task waiting while its agents or their runtime have no room", () => {
    expect(route([task("t")], [agent("a")], [{ runtime_id: "rt", free: 0 }], [])).toEqual({
      assignments: [],
      nobody: [],
    });
  });
});
