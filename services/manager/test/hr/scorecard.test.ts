import { describe, expect, it } from "vitest";
import { scoreOf } from "../../src/hr/scorecard.ts";
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
