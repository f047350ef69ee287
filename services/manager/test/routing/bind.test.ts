import { describe, expect, it } from "vitest";
import { type BindableAgent, spreadAgents } from "../../src/routing/bind.ts";

const agent = (slug: string, runtime_id: string | null, rest: Partial<BindableAgent> = {}): BindableAgent => ({
  agent_id: slug,
  slug,
  provider: null,
  runtime_id,
  busy: false,
  ...rest,
});
const runtime = (runtime_id: string, providers = ["replay"]) => ({ runtime_id, providers });

describe("binding agents to runtimes", () => {
  it("spreads agents without a host evenly", () => {
    const bindings = spreadAgents(
      [agent("a", null), agent("b", null), agent("c", null), agent("d", null)],
      [runtime("x"), runtime("y")],
    );
    expect(bindings.map((binding) => binding.runtime_id)).toEqual(["x", "y", "x", "y"]);
  });

  it("moves agents away from a runtime that is silent, busy or not", () => {
    expect(spreadAgents([agent("a", "dead", { busy: true })], [runtime("x")])).toEqual([
      { agent_id: "a", runtime_id: "x" },
    ]);
  });

  it("moves idle agents only while the difference is two or more, and busy ones never", () => {
    const three = [agent("a", "x", { busy: true }), agent("b", "x"), agent("c", "x")];
    expect(spreadAgents(three, [runtime("x"), runtime("y")])).toEqual([{ agent_id: "b", runtime_id: "y" }]);
    expect(spreadAgents([agent("a", "x"), agent("b", "x"), agent("c", "y")], [runtime("x"), runtime("y")])).toEqual([]);
  });

  it("prefers a runtime that is configured for the agent's own provider", () => {
    const own = agent("a", null, { provider: "openai" });
    expect(spreadAgents([own], [runtime("x"), runtime("y", ["openai"])])[0]?.runtime_id).toBe("y");
  });

  it("does nothing without a live runtime", () => {
    expect(spreadAgents([agent("a", "dead")], [])).toEqual([]);
  });
});
