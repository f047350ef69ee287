import { readFileSync } from "node:fs";

/** Text of acorn, for the programs that read source: nothing but the product lies in their sandbox. */
export const PARSER = readFileSync(new URL(import.meta.resolve("acorn")), "utf8");
