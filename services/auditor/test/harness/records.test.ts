import { expect, test } from "vitest";
import { cutMiddle, type Observations, scrub, type TestEnding, testRecord } from "../../src/harness/records.ts";

const TEST = { id: "A1", requirement_ids: ["R1"], title: "adds", body: "body of the test", timeout_s: 5 };
const SEEN: Observations = {
  product_calls: 1,
  reached_stub: false,
  last_input: "cli []",
  last_result: "exit code 0",
  pending: 0,
  reached: new Set<number>(),
};
const passed = (assertions: number): TestEnding => ({
  kind: "done",
  done: { type: "done", id: "A1", ended: "passed", assertions, message: null, expected: null, observed: null },
});

test("a pass needs an assertion and a call that the product carried out", () => {
  expect(testRecord(TEST, SEEN, passed(1), 3)).toMatchObject({ outcome: "pass", message: null, input: null });
  expect(testRecord(TEST, SEEN, passed(0), 3)).toMatchObject({ outcome: "error" });
  expect(testRecord(TEST, { ...SEEN, product_calls: 0 }, passed(1), 3)).toMatchObject({
    outcome: "error",
    reached_product: false,
  });
  expect(testRecord(TEST, { ...SEEN, pending: 1 }, passed(1), 3)).toMatchObject({ outcome: "error" });
});

test("waiting for the product too long is a failure, waiting for the test itself an error", () => {
  expect(testRecord(TEST, { ...SEEN, pending: 1 }, { kind: "timeout" }, 3).outcome).toBe("fail");
  expect(testRecord(TEST, SEEN, { kind: "timeout" }, 3).outcome).toBe("error");
});

test("a failure carries the last call, and equal runs give equal texts", () => {
  const done = { type: "done", id: "A1", ended: "assertion", assertions: 1, expected: "1", observed: "2" } as const;
  const message = "<Thing at 0x7f3a12345678> in /tmp/tmpab12cd_9";
  const record = testRecord(TEST, SEEN, { kind: "done", done: { ...done, message } }, 3);
  expect(record).toMatchObject({ outcome: "fail", input: "cli []", expected: "1", observed: "2" });
  expect(record.message).toBe("<Thing at 0x0> in /tmp/tmp0\nlast call: exit code 0");
});

test("texts are bounded", () => {
  expect(cutMiddle("x".repeat(100_000), 4096).length).toBeLessThan(4200);
  expect(scrub("Ran 3 tests in 0.012s")).toBe("Ran 3 tests");
  expect(scrub("✔ adds (0.41ms)\nℹ pass 1\nℹ duration_ms 83.1\n")).toBe("✔ adds\nℹ pass 1\n");
});
