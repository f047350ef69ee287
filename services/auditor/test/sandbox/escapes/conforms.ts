import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Findings } from "./findings.ts";
import { ESCAPES } from "./table.ts";
import { type Surroundings, tryEscapes } from "./try-escapes.ts";

export interface OpenedSurroundings extends Surroundings {
  close(): Promise<void>;
}

/** Every escape that concerns the sandbox itself, tried in one service; each is a test of its own. */
export function holdsAll(level: string, open: () => Promise<OpenedSurroundings>): void {
  describe(`nothing gets out of the sandbox: ${level}`, () => {
    let opened: OpenedSurroundings;
    let findings: Findings;

    beforeAll(async () => {
      opened = await open();
      findings = await tryEscapes(opened);
    });
    afterAll(() => opened?.close());

    test("jailed processes were seen from outside while they tried", () => {
      expect(findings.triesOf(0)).toBeGreaterThan(0);
    });

    test.each(ESCAPES.filter(({ elsewhere }) => elsewhere === undefined))("$number: $words", ({ number }) => {
      expect(findings.triesOf(number)).toBeGreaterThan(0);
      expect(findings.of(number)).toEqual([]);
    });
  });
}
