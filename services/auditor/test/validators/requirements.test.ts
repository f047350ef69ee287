import type { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { expect, test } from "vitest";
import { validateRequirements } from "../../src/validators/requirements.ts";
import { block, codesOf, requirement } from "./fixtures.ts";

const BLOCKS = [block("B1", "heading"), block("B2"), block("B3"), block("B4")];

const SOUND: RequirementsProduct = {
  requirements: [requirement("R1", ["B2"]), requirement("R2", ["B2", "B3"])],
  dispositions: [
    { block_id: "B1", disposition: "context", reason: "" },
    { block_id: "B4", disposition: "question", reason: "unclear" },
  ],
  questions: [{ id: "Q1", block_ids: ["B4"], question: "Which one?", assumption: "the first" }],
};

function check(change: Partial<RequirementsProduct>) {
  return validateRequirements({ ...SOUND, ...change }, BLOCKS);
}

test("a product that covers every block exactly is sound", () => {
  expect(check({})).toEqual([]);
});

test("a block that is neither cited nor disposed of is named with its text", () => {
  const [found, ...others] = check({ dispositions: SOUND.dispositions.slice(1) });
  expect(others).toEqual([]);
  expect(found).toMatchObject({ code: "block_not_covered", subject: "B1" });
  expect(found?.message).toContain("Text of B1");
});

test("a requirement from nowhere is refused, and so is a block that the PRD does not have", () => {
  const findings = check({ requirements: [...SOUND.requirements, requirement("R3", ["B9"])] });
  expect(codesOf(findings)).toEqual(["block_unknown", "requirement_without_source"]);
});

test("dispositions must agree with what requirements and questions cite", () => {
  const dispositions: RequirementsProduct["dispositions"] = [
    { block_id: "B1", disposition: "requirement", reason: "" },
    { block_id: "B2", disposition: "non_goal", reason: "later" },
    { block_id: "B4", disposition: "non_goal", reason: " " },
    { block_id: "B4", disposition: "question", reason: "unclear" },
  ];
  expect(codesOf(check({ dispositions, questions: [] }))).toEqual([
    "block_disposed_twice",
    "disposition_without_requirement",
    "disposition_contradicts_citation",
    "disposition_without_reason",
    "disposition_without_question",
  ]);
});

test("ids are used once and no two requirements say the same", () => {
  const twin = requirement("R3", ["B3"], { text: "what R1: asks FOR!" });
  const again = requirement("R2", ["B3"], { text: "something else" });
  expect(codesOf(check({ requirements: [...SOUND.requirements, twin, again] }))).toEqual([
    "id_duplicate",
    "requirement_duplicate",
  ]);
});

test("blank acceptance criteria are no criteria", () => {
  const blank = requirement("R3", ["B3"], { acceptance_criteria: ["    "] });
  expect(codesOf(check({ requirements: [...SOUND.requirements, blank] }))).toEqual(["criteria_empty"]);
});

test("there is no cap on how many requirements a PRD may have", () => {
  const many = Array.from({ length: 2000 }, (_, index) => requirement(`R${index + 1}`, ["B2", "B3"]));
  expect(check({ requirements: many })).toEqual([]);
});
