import type { TestOutcome } from "@aura/shared/enums/verification";
import { describe, expect, it } from "vitest";
import { isBetterAttempt } from "../../src/orchestration/best-attempt.ts";

const records = (outcomes: Record<string, TestOutcome>) =>
  Object.entries(outcomes).map(([test_id, outcome]) => ({ test_id, outcome }));
const none = new Set<string>();

describe("the best attempt", () => {
  it("is the first one that broke nothing of its ancestors", () => {
    const attempt = records({ old: "pass", mine: "fail" });
    expect(isBetterAttempt(null, attempt, new Set(["old"]))).toBe(true);
    expect(isBetterAttempt(null, records({ old: "fail", mine: "pass" }), new Set(["old"]))).toBe(false);
  });

  it("is replaced when what passed still passes and a failure is gone", () => {
    const best = records({ a: "pass", b: "fail", c: "error" });
    expect(isBetterAttempt(best, records({ a: "pass", b: "pass", c: "fail" }), none)).toBe(true);
  });

  it("stays when nothing is gained, or something was broken for what was gained", () => {
    const best = records({ a: "pass", b: "fail" });
    expect(isBetterAttempt(best, records({ a: "pass", b: "fail" }), none)).toBe(false);
    expect(isBetterAttempt(best, records({ a: "fail", b: "pass" }), none)).toBe(false);
  });

  it("is never one whose tests did not run", () => {
    expect(isBetterAttempt(null, [], none)).toBe(false);
    expect(isBetterAttempt(records({ a: "fail" }), [], none)).toBe(false);
  });

  it("forgives a test that a dispute took out of the suite", () => {
    expect(isBetterAttempt(records({ old: "pass", b: "fail" }), records({ b: "pass" }), none)).toBe(true);
  });
});
