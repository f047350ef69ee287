// The second run has the clock of the first.
import { replaceExport } from "./replace.mjs";

replaceExport(
  "harness/moved-clock.ts",
  "movedClock",
  "function movedClock() { return { offset_s: 0, environment: {} }; }",
);
