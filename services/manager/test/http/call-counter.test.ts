import { expect, test } from "vitest";
import { CallCounter, networkOf } from "../../src/http/call-counter.ts";

test("a caller has its share of each window, which begins with its first call", () => {
  const counter = new CallCounter(2, 1000, 10);
  expect(counter.take("a", 500)).toEqual({ allowed: true, remaining: 1, reset_s: 1 });
  expect(counter.take("a", 600).allowed).toBe(true);
  expect(counter.take("a", 1499)).toEqual({ allowed: false, remaining: 0, reset_s: 1 });
  expect(counter.take("b", 1499).allowed).toBe(true);
  expect(counter.take("a", 1500)).toEqual({ allowed: true, remaining: 1, reset_s: 1 });
});

test("refused calls do not lengthen the wait", () => {
  const counter = new CallCounter(1, 60_000, 10);
  counter.take("a", 0);
  for (let now = 0; now < 60_000; now += 1000) expect(counter.take("a", now).allowed).toBe(false);
  expect(counter.take("a", 60_000).allowed).toBe(true);
});

test("no more callers are remembered than were allowed for, and the last seen are among them", () => {
  const counter = new CallCounter(1, 60_000, 100);
  counter.take("often", 0);
  for (let n = 0; n < 10_000; n += 1) {
    counter.take(`caller ${n}`, n);
    if (n % 50 === 0) expect(counter.take("often", n).allowed).toBe(false);
    expect(counter.size).toBeLessThanOrEqual(100);
  }
  expect(counter.take("caller 0", 10_000).allowed).toBe(true);
});

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:0:1::7", "2001:db8:0:1::/64"],
  ["2001:DB8:0:1:ffff:0:0:9", "2001:db8:0:1::/64"],
  ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ["::1", "0:0:0:0::/64"],
])("%s stands for %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
