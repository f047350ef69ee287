import { beforeEach, describe, expect, it } from "vitest";
import { Leases } from "../../src/execution/lease.ts";

let now: number;
let leases: Leases;

beforeEach(() => {
  now = 1_000;
  leases = new Leases(45_000, 5_000, () => now);
});

describe("a lease", () => {
  it("is believed from the moment its request was sent, for its term less the margin", () => {
    const signal = leases.hold("t", "1", 1_000);
    now = 40_999;
    leases.enforce();
    expect(signal.aborted).toBe(false);
    now = 41_000;
    leases.enforce();
    expect(signal.aborted).toBe(true);
  });

  it("is renewed from the moment the beat was sent, not from its answer", () => {
    const signal = leases.hold("t", "1", 1_000);
    now = 30_000;
    leases.renew(leases.held, new Set(["t"]), 11_000);
    now = 51_000;
    leases.enforce();
    expect(signal.aborted).toBe(true);
  });

  it("that the database denies ends at once", () => {
    const signal = leases.hold("t", "1", 1_000);
    leases.renew(leases.held, new Set(), 1_000);
    expect(signal.aborted).toBe(true);
  });

  it("that was taken after a beat was sent is not judged by its answer", () => {
    const asked = [...leases.held];
    const signal = leases.hold("t", "1", 1_000);
    leases.renew(asked, new Set(), 1_000);
    expect(signal.aborted).toBe(false);
  });

  it("that was let go is asked for no more", () => {
    leases.hold("t", "1", 1_000);
    leases.letGo("1");
    expect(leases.held).toHaveLength(0);
  });
});
