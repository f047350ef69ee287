// What replaces a disputed test may look at less.
import { dropFindings } from "./replace.mjs";

dropFindings("validators/suite-strength.ts", "weakerReplacements", "replacement_weaker");
