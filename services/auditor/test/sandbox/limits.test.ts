import { expect, test } from "vitest";
import { endReason } from "../../src/sandbox/limits.ts";

test("a process that never started is told apart from one that failed", () => {
  expect(endReason(null, "")).toBe("spawn_failed");
  expect(endReason(1, "")).toBe("exit");
  expect(endReason(0, "MemoryError")).toBe("exit");
});

test("the kernel's signals for limits have words of their own", () => {
  expect(endReason(152, "")).toBe("cpu");
  expect(endReason(153, "")).toBe("file_size");
  expect(endReason(137, "")).toBe("killed");
});

test("a runtime that survives the refusal names it on its last line", () => {
  expect(endReason(1, "Traceback\nMemoryError\n")).toBe("memory");
  expect(endReason(1, "OSError: [Errno 27] File too large")).toBe("file_size");
  expect(endReason(1, "MemoryError\nValueError: no")).toBe("exit");
  expect(endReason(1, "a.ts:1\nError: EFBIG: file too large, write\n    at a\n\nNode.js v24.21.0\n")).toBe("file_size");
  expect(endReason(1, "Error: EFBIG: file too large, write\nand then something else")).toBe("exit");
  const heap = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory";
  expect(endReason(134, `<--- Last few GCs --->\n${heap}\n----- Native stack trace -----\n`)).toBe("memory");
});
