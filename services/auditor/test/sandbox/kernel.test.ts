import { expect, test } from "vitest";
import { kernelKind } from "../../src/sandbox/kernel.ts";

test.each([
  [
    "linux",
    false,
    "Linux version 6.1.0-44-amd64 (debian-kernel@lists.debian.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian",
  ],
  ["gvisor", false, "Linux version 4.4.0 #1 SMP Sun Jan 10 15:06:54 PST 2016"],
  ["gvisor", false, "Linux version 4.19.0-gvisor #1 SMP Sun Jan 10 15:06:54 PST 2016"],
  ["gvisor", true, "Linux version 7.0.0 #1 SMP"],
])("the kernel is named by what it says of itself: %s, marker %s", (kind, hasMarker, text) => {
  expect(kernelKind(text, hasMarker)).toBe(kind);
});
