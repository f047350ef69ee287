import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { REPOSITORY } from "../sandbox-service.ts";
import { ESCAPES } from "./table.ts";

test("the 48 escapes are numbered without a gap, and each that is tried elsewhere is named there", () => {
  expect(ESCAPES.map(({ number }) => number)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
  for (const { number, elsewhere } of ESCAPES) {
    if (elsewhere === undefined) continue;
    expect(readFileSync(join(REPOSITORY, elsewhere), "utf8"), elsewhere).toContain(`escape ${number}`);
  }
});
