import type { AuraError } from "@aura/shared/problems";
import { PrdBlock } from "@aura/shared/schemas/prd";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalisePrd, splitPrd } from "../../src/intake/split-prd.ts";

const outline = (text: string) => splitPrd(normalisePrd(text)).map(({ kind, body }) => [kind, body]);

describe("a PRD is split into leaf blocks", () => {
  test("headings, paragraphs, list items, table rows, code and quotes, in their order", () => {
    const text = [
      "# Product #",
      "First paragraph,\nsecond line.",
      "- one\n- two\n  goes on\n  - nested\n\n    second paragraph of it\n- [ ] three",
      "1. first\n2) other list",
      "| a | b |\n|---|:-:|\n| 1 | `x|` |\n| 2 | 3 | 4 |",
      "```json\n{ }\n```",
      "    indented code",
      "> quoted\n> > deeper\nlazy",
      "***",
      "Setext\n======",
      "<!-- a remark -->",
      "[ref]: https://example.org 'Title'",
    ].join("\n\n");
    expect(outline(text)).toEqual([
      ["heading", "Product"],
      ["paragraph", "First paragraph,\nsecond line."],
      ["list_item", "one"],
      ["list_item", "two\ngoes on"],
      ["list_item", "nested\n\nsecond paragraph of it"],
      ["list_item", "[ ] three"],
      ["list_item", "first"],
      ["list_item", "other list"],
      ["table_row", "| a | b |"],
      ["table_row", "| 1 | `x|` |"],
      ["table_row", "| 2 | 3 | 4 |"],
      ["code", "```json\n{ }\n```"],
      ["code", "indented code"],
      ["quote", "quoted\n> deeper\nlazy"],
      ["heading", "Setext"],
      ["paragraph", "<!-- a remark -->"],
      ["paragraph", "[ref]: https://example.org 'Title'"],
    ]);
  });

  test("a list item is what it begins with; what it holds besides follows in its order", () => {
    expect(outline("- intro\n\n  more\n\n  ~~~\n  x\n  ~~~\n\n  after\n- # odd\n  text")).toEqual([
      ["list_item", "intro\n\nmore"],
      ["code", "~~~\nx\n~~~"],
      ["paragraph", "after"],
      ["heading", "odd"],
      ["paragraph", "text"],
    ]);
  });

  test("every block knows the headings above it, outermost first", () => {
    const blocks = splitPrd("# A\n\n## B\n\ntext\n\n### C\n\n- item\n\n## D\n\nend");
    expect(blocks.map(({ headings, body }) => [...headings, body].join(" > "))).toEqual([
      "A",
      "A > B",
      "A > B > text",
      "A > B > C",
      "A > B > C > item",
      "A > D",
      "A > D > end",
    ]);
  });

  test("ids count from B1 and are the same for the same text, whatever its line ends and byte order mark", () => {
    const text = "# A\n\n- x\n- y\n";
    const blocks = splitPrd(normalisePrd(text));
    expect(blocks.map(({ block_id, position }) => [block_id, position])).toEqual([
      ["B1", 0],
      ["B2", 1],
      ["B3", 2],
    ]);
    expect(splitPrd(normalisePrd(`\uFEFF${text.replaceAll("\n", "\r\n")}`))).toEqual(blocks);
    expect(splitPrd(normalisePrd(text.replaceAll("\n", "\r")))).toEqual(blocks);
  });

  test("inline markup stays as it was written, because it may be part of what is required", () => {
    expect(outline("Print `a*b` **now**, see [x](y) & \\*z\\* <b>")).toEqual([
      ["paragraph", "Print `a*b` **now**, see [x](y) & \\*z\\* <b>"],
    ]);
  });
});

describe("a PRD is refused", () => {
  const codeOf = (text: string) => {
    try {
      splitPrd(normalisePrd(text));
      return null;
    } catch (error) {
      return (error as AuraError).code;
    }
  };
  test("without text, with NUL or broken Unicode, or beyond what parsers bear", () => {
    expect(codeOf("")).toBe("prd_empty");
    expect(codeOf("\n---\n\n#\n\n-\n")).toBe("prd_empty");
    expect(codeOf("a\u0000")).toBe("validation_failed");
    expect(codeOf("\udc00")).toBe("validation_failed");
    expect(codeOf(`${">".repeat(101)} deep`)).toBe("validation_failed");
    expect(codeOf("|a".repeat(1001))).toBe("validation_failed");
    expect(codeOf("- a\n".repeat(5001))).toBe("payload_too_large");
  });
});

describe("nothing of the text is lost", () => {
  const word = fc.integer({ min: 0, max: 999_999 }).map((n) => `w${n}w`);
  const markup = fc.constantFrom(
    ..."# |## |- |  - |    |1. |> || a | |```|~~~|***|[x]: |<div>|\\|`|**|![|](|\t|+ |* |</p>|<!--|-->|:-:|---|===|".split(
      "|",
    ),
    "| ",
    " | ",
    "|---|---|",
  );
  const line = fc.array(fc.oneof({ weight: 2, arbitrary: word }, { weight: 3, arbitrary: markup }), { maxLength: 6 });
  const text = fc
    .array(
      line.map((pieces) => pieces.join("")),
      { maxLength: 25 },
    )
    .map((lines) => lines.join("\n"));

  test("every word of any mixture of markup and words stands in some block, in its order", () => {
    fc.assert(
      fc.property(text, (source) => {
        const words = source.match(/w\d+w/g) ?? [];
        if (words.length === 0) return;
        const blocks = splitPrd(normalisePrd(source));
        for (const block of blocks) PrdBlock.parse(block);
        expect(
          blocks
            .map(({ body }) => body)
            .join("\n")
            .match(/w\d+w/g),
        ).toEqual(words);
      }),
      { numRuns: 500 },
    );
  });
});
