import { expect, test } from "vitest";
import { seccompFilter } from "../../src/sandbox/seccomp.ts";

const RETURN = 0x06;

test.each(["x64", "arm64"])("every jump of the %s filter stays inside, and it ends by returning", (architecture) => {
  const bytes = seccompFilter(architecture, true);
  expect(bytes).not.toBeNull();
  const count = (bytes?.length ?? 0) / 8;
  for (let index = 0; index < count; index += 1) {
    const furthest = Math.max(bytes?.readUInt8(index * 8 + 2) ?? 0, bytes?.readUInt8(index * 8 + 3) ?? 0);
    expect(index + 1 + furthest).toBeLessThan(count + (furthest === 0 ? 1 : 0));
  }
  expect(bytes?.readUInt16LE((count - 1) * 8)).toBe(RETURN);
});

test("a processor without a table gets no filter, so nothing can run there", () => {
  expect(seccompFilter("riscv64", true)).toBeNull();
});
