/**
 * Runs the product's own tests: every *.test.ts under /product, with `node --test`.
 *
 * Exit code 0 when all passed, 1 when one failed, 5 when there are none.
 */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";

const files = globSync("**/*.test.{ts,mts,cts,js,mjs,cjs}", { cwd: "/product" }).sort();
if (files.length === 0) {
  console.error("there is no file *.test.ts");
  process.exit(5);
}
// two files at a time: a process counts with all its threads against the sandbox's limit
const options = ["--test", "--test-concurrency=2", "--test-reporter=spec", ...files];
const { status } = spawnSync(process.execPath, options, { cwd: "/product", stdio: ["ignore", "inherit", "inherit"] });
process.exit(status === 0 ? 0 : 1);
