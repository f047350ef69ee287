import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../system/aura-home.ts";

test("every boundary rule catches its counter-example, and the repository breaks none", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/check-boundaries.ts"], { cwd: ROOT });
  expect(stdout).toMatch(/^boundaries: \d+ modules, no import crosses one$/m);
}, 60_000);
