/** Loaded before a probe's snippet: says on stderr when nothing of the product was loaded until the end. */
import { writeSync } from "node:fs";
import { registerHooks } from "node:module";

let touched = false;
registerHooks({
  load(url, context, next) {
    touched ||= url.startsWith("file:///product/");
    return next(url, context);
  },
});
process.on("exit", () => {
  if (!touched) writeSync(2, "\nAURA_PRODUCT_UNTOUCHED\n");
});
