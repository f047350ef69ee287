// A change may lie outside its task's file scope.
import { dropFindings } from "./replace.mjs";

dropFindings("validators/implement.ts", "validateDelta", "out_of_scope");
