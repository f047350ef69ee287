// Tests need not name what their requirement is about.
import { dropFindings } from "./replace.mjs";

dropFindings("validators/suite-strength.ts", "offSubject", "requirement_off_subject");
