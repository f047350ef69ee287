import { ReviewProduct } from "@aura/shared/schemas/work-products";
import { describe, expect, it } from "vitest";
import { extractJsonObject, withoutThinking } from "../../src/agent/json-extraction.ts";
import { parseReply } from "../../src/agent/reply-parsing.ts";
import { submitWholeTool } from "../../src/agent/tools/product-tools.ts";
import type { Completion } from "../../src/providers/port.ts";

describe("the JSON object of a reply", () => {
  it.each([
    ["alone", '{"a": 1}'],
    ["in a fence", 'Here:\n```json\n{"a": 1}\n```\nbye'],
    ["in prose", 'I answer {"a": 1}, as asked.'],
    ["after thinking", '<think>{"a": 2} or so</think>{"a": 1}'],
    ["beside a smaller quotation", 'not {} but {"a": 1}'],
  ])("is found %s", (_where, text) => {
    expect(extractJsonObject(text)).toEqual({ a: 1 });
  });

  it("may hold raw line breaks in strings", () => {
    expect(extractJsonObject('{"a": "x\n\ty \\" z"}')).toEqual({ a: 'x\n\ty " z' });
  });

  it("is not looked for without end in hostile text", () => {
    expect(extractJsonObject("{".repeat(1_000_000))).toBeNull();
    expect(withoutThinking("<think>".repeat(100_000))).toContain("<think>");
  }, 60_000); // a second where the work grows with the text, hours where it grows with its square
});

describe("the actions of a reply", () => {
  const tools = [
    submitWholeTool({ name: "submit_review", description: "ends", schema: ReviewProduct, precheck: () => [] }),
  ];
  const text = (content: string, finish_reason: Completion["finish_reason"] = "stop"): Completion => ({
    content,
    tool_calls: [],
    usage: null,
    finish_reason,
  });

  it.each([
    ["a list", '{"actions": [{"tool": "x", "arguments": {"a": 1}}]}', "x", { a: 1 }],
    ["one action", '{"name": "x", "parameters": {"a": 1}}', "x", { a: 1 }],
    ["arguments as text", '{"tool": "x", "arguments": "{\\"a\\": 1}"}', "x", { a: 1 }],
    ["the bare product", '{"summary": "s", "doubts": []}', "submit_review", { summary: "s", doubts: [] }],
  ])("may be %s", (_form, content, tool, args) => {
    expect(parseReply(text(content), tools, 1).actions).toEqual([
      { id: "call00101", tool, arguments: args, problem: null },
    ]);
  });

  it("are none in a stray object, and the model is told", () => {
    const reply = parseReply(text('For example {"weather": "fine"}.'), tools, 1);
    expect(reply.actions).toEqual([]);
    expect(reply.note).toContain("could not be acted on");
  });

  it("lose the last call of a reply that was cut inside it, and the model is told", () => {
    const calls = [
      { id: "a", name: "x", arguments: '{"a": 1}' },
      { id: "b", name: "x", arguments: '{"a": "unfin' },
    ];
    const reply = parseReply({ content: null, tool_calls: calls, usage: null, finish_reason: "length" }, tools, 2);
    expect(reply.actions.map((action) => action.id)).toEqual(["call00201"]);
    expect(reply.note).toContain("cut off");
  });

  it("with malformed arguments stand in the history as valid JSON, so that no server refuses it", () => {
    const calls = [{ id: "b", name: "x", arguments: "oops" }];
    const reply = parseReply({ content: null, tool_calls: calls, usage: null, finish_reason: "tool_calls" }, tools, 1);
    expect(reply.message).toMatchObject({ tool_calls: [{ arguments: "{}" }] });
    expect(reply.actions[0]?.problem).toContain("not a JSON object");
  });
});
