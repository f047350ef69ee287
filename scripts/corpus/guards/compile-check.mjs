// A product need not compile.
import { replaceText } from "./replace.mjs";

replaceText("judges/implement-judge.ts", "if (compile.exit_code !== 0) {", "if (compile.exit_code === null) {");
