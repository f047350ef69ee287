// A product may hold the body of an acceptance test.
import { dropFindings } from "./replace.mjs";

dropFindings("validators/implement.ts", "validateDelta", "test_body_in_tree");
