import { describe, expect, it } from "vitest";
import { scoreOf } from "../../src/hr/scorecard.ts";
import { standingAfter } from "../../src/hr/standing.ts";
import { wilsonInterval } from "../../src/hr/wilson.ts";

describe("an agent's score", () => {
  it("is insufficient data below five judged attempts", () => {
    expect(scoreOf({ judged: 4, accepted: 4 })).toEqual({
      judged: 4,
      accepted: 4,
      rejected: 0,
      status: "insufficient data",
    });
  });

  it("is the share of accepted attempts with its Wilson interval", () => {
    expect(scoreOf({ judged: 10, accepted: 8 })).toMatchObject({ status: "scored", rejected: 2, verified_rate: 0.8 });
    const { low, high } = wilsonInterval(8, 10);
    expect([low, high].map((bound) => bound.toFixed(4))).toEqual(["0.4902", "0.9433"]);
  });

  it("stays inside 0 and 1 at the edges", () => {
    expect(wilsonInterval(0, 5).low).toBe(0);
    expect(wilsonInterval(5, 5).high).toBe(1);
  });
});

describe("an agent's standing", () => {
  const limits = { probationBelow: 0.5, suspendBelow: 0.2 };

  it("stays while the interval does not show it", () => {
    expect(standingAfter("active", { judged: 4, accepted: 0 }, limits, true)).toBeNull();
    expect(standingAfter("active", { judged: 10, accepted: 4 }, limits, true)).toBeNull();
  });

  it("becomes probation when the rate is surely below the limit, and active again when surely above", () => {
    expect(standingAfter("active", { judged: 20, accepted: 3 }, limits, true)?.standing).toBe("probation");
    expect(standingAfter("probation", { judged: 20, accepted: 18 }, limits, true)?.standing).toBe("active");
  });

  it("becomes suspended only from probation and only where another can do the work", () => {
    expect(standingAfter("probation", { judged: 30, accepted: 0 }, limits, true)?.standing).toBe("suspended");
    expect(standingAfter("probation", { judged: 30, accepted: 0 }, limits, false)).toBeNull();
    expect(standingAfter("suspended", { judged: 30, accepted: 30 }, limits, true)).toBeNull();
  });
});
