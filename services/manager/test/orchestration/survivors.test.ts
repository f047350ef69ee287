import type { Mutation } from "@aura/shared/schemas/verification-report";
import { describe, expect, it } from "vitest";
import type { AdoptedRequirement } from "../../src/db/orchestration-specification.ts";
import { returningPolicy, survivorsToReturn } from "../../src/orchestration/survivors.ts";
import { Policies } from "../../src/policy-enforcer/policies.ts";
import { requirementsProduct } from "./scripted-run.ts";

const policies = (values: Record<string, string>) =>
  new Policies(Object.entries(values).map(([key, value]) => ({ key, version: 1, value })));

describe("whether survivors go back to a test author", () => {
  const both = policies({ "verification.survivors": "return_once", "verification.survivors.replay": "report" });

  it("follows from the policy, and for a provider that has one from its own", () => {
    expect(returningPolicy(both, "gemini")).toMatchObject({ key: "verification.survivors", value: "return_once" });
    expect(returningPolicy(both, null)).not.toBeNull();
    expect(returningPolicy(both, "replay")).toBeNull();
    expect(returningPolicy(policies({ "verification.survivors": "report" }), "gemini")).toBeNull();
    expect(returningPolicy(policies({}), "gemini")).toBeNull();
  });
});

describe("what a test author is told", () => {
  const adopted = (keys: string[], changes = {}, set_aside = false): AdoptedRequirement[] =>
    requirementsProduct(keys, changes).requirements.map((content) => ({
      ...{ requirement_id: content.id, content_sha256: "", set_aside, content },
    }));
  const survivor = (name: string, requirement_ids: string[]): Mutation["survived"][number] => ({
    ...{ path: "shop/till.py", function: name, line: 7, operator: "boundary" },
    ...{ behaviour: "equal values count on the other side", requirement_ids },
  });
  const mutation = (...survived: Mutation["survived"]): Mutation => ({ sampled: 9, killed: 1, not_run: 0, survived });

  it("is each change once, by what it does and not by where it stands", () => {
    const told = survivorsToReturn(mutation(survivor("pay", ["R1"]), survivor("pay", ["R1"])), adopted(["R1"]));
    expect(told).toEqual([
      { function: "pay", behaviour: "equal values count on the other side", requirement_ids: ["R1"] },
    ]);
  });

  it("is only what tests can judge and nobody put out of scope", () => {
    const inspected = adopted(["R2"], { R2: { verification_method: "inspection" } });
    const requirements = [...adopted(["R1"]), ...inspected, ...adopted(["R3"], {}, true)];
    const survived = [survivor("a", ["R2"]), survivor("b", ["R3"]), survivor("c", ["R1", "R2"])];
    expect(survivorsToReturn(mutation(...survived), requirements)).toMatchObject([
      { function: "c", requirement_ids: ["R1"] },
    ]);
    expect(survivorsToReturn(undefined, requirements)).toEqual([]);
  });

  it("is bounded", () => {
    const many = Array.from({ length: 50 }, (_, n) => survivor(`f${n}`, ["R1"]));
    expect(survivorsToReturn(mutation(...many), adopted(["R1"]))).toHaveLength(20);
  });
});
