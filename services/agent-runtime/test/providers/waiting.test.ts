import { describe, expect, it } from "vitest";
import { CircuitBreaker } from "../../src/providers/circuit-breaker.ts";
import { retryDelayMs } from "../../src/providers/retry.ts";

describe("the wait before another try", () => {
  it("is anything up to a window that doubles and ends at a minute", () => {
    expect(retryDelayMs(1, null, 0)).toBe(0);
    expect(retryDelayMs(3, null, 0.5)).toBe(2_000);
    expect(retryDelayMs(30, null, 1)).toBe(60_000);
  });

  it("is never shorter than what the provider asks, and never longer than two minutes for it", () => {
    expect(retryDelayMs(1, 7_000, 0)).toBe(7_000);
    expect(retryDelayMs(1, 3_600_000, 0)).toBe(120_000);
  });
});

describe("the circuit breaker", () => {
  it("opens after five failures in a row, then lets one call through, and closes when that succeeds", () => {
    let now = 0;
    const breaker = new CircuitBreaker(() => now);
    for (let count = 0; count < 5; count += 1) {
      expect(breaker.admit()).toBe(0);
      breaker.failed("down");
    }
    expect(breaker.admit()).toBe(20_000);
    expect(breaker.lastFailure).toBe("down");
    now = 20_000;
    expect(breaker.admit()).toBe(0);
    expect(breaker.admit()).toBeGreaterThan(0);
    breaker.succeeded();
    expect(breaker.admit()).toBe(0);
  });

  it("opens again when the one call fails", () => {
    let now = 0;
    const breaker = new CircuitBreaker(() => now);
    for (let count = 0; count < 5; count += 1) breaker.failed("down");
    now = 20_000;
    expect(breaker.admit()).toBe(0);
    breaker.failed("down");
    expect(breaker.admit()).toBe(20_000);
  });

  it("is not closed for ever by a call that was given up", () => {
    let now = 0;
    const breaker = new CircuitBreaker(() => now);
    for (let count = 0; count < 5; count += 1) breaker.failed("down");
    now = 20_000;
    expect(breaker.admit()).toBe(0);
    breaker.released();
    expect(breaker.admit()).toBe(0);
  });
});
