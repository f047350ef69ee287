// The second run has the surroundings of the first.
import { replaceText } from "./replace.mjs";

replaceText("auditor/confirmation.ts", 'surroundings: "everyday"', 'surroundings: "bare"');
