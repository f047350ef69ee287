// Tests may look for what a stub writes.
import { dropFindings } from "./replace.mjs";

dropFindings("validators/suite-strength.ts", "harnessMarks", "test_knows_harness");
