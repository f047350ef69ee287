import { expect, test } from "vitest";
import { plainJson, plainText } from "../../cli/plain-text.ts";
import { openSession } from "../../cli/session.ts";

const HOSTILE = "a\u001b]8;;http://evil.example/\u0007b\u009b2J\rc\u202ed\u007f\u0000";

/** Escape 40 of services/auditor/test/sandbox/escapes/table.ts: terminal escapes and links. */
test("nothing that a model or generated code wrote reaches a terminal as a control", () => {
  expect(plainText(`one\n\ttwo ${HOSTILE}`)).toBe(
    "one\n\ttwo a\ufffd]8;;http://evil.example/\ufffdb\ufffd2J\ufffdc\ufffdd\ufffd\ufffd",
  );
  expect(JSON.parse(plainJson(JSON.stringify({ HOSTILE })))).toEqual({ HOSTILE });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(plainJson(JSON.stringify(HOSTILE))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
});

test("whatever a command prints goes that way", () => {
  const printed: string[] = [];
  const print = (text: string) => printed.push(text);
  for (const json of [false, true]) {
    const session = openSession({ env: {}, out: print, err: print, terminal: true }, () => json);
    session.show({ HOSTILE }, HOSTILE);
    session.tell(HOSTILE);
    session.out(HOSTILE);
    session.redraw(0, HOSTILE);
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  expect(printed.join("")).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
});
