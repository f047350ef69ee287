import { readFileSync } from "node:fs";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import { PARSER } from "../toolchains/javascript-parser.ts";
import type { Launch } from "../toolchains/toolchain.ts";

const PROGRAM = readFileSync(new URL("./suite-literals.js", import.meta.url), "utf8");

/** Reads tests, without running them, and writes their literals into suite.json (`SuiteLiterals` of sandbox/source-facts.ts). */
export function suiteLiterals(prelude: string, tests: readonly AcceptanceTest[]): Launch {
  return {
    argv: ["node", "--input-type=module", "-e", PROGRAM],
    stdin: JSON.stringify({ parser: PARSER, prelude, tests: tests.map(({ id, body }) => ({ id, body })) }),
  };
}
