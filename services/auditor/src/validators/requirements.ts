import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { excerpt, finding, repeated } from "./findings.ts";

/**
 * Judges an analyst's product against the leaf blocks of the PRD: nothing of the PRD is left out, nothing is invented.
 *
 * @returns what must be mended; empty when the product is sound
 */
export function validateRequirements(product: RequirementsProduct, blocks: readonly PrdBlock[]): Finding[] {
  return [
    ...unknownBlocks(product, blocks),
    ...uncoveredBlocks(product, blocks),
    ...contradictions(product, blocks),
    ...identities(product),
    ...emptyTexts(product),
  ];
}

function unknownBlocks(product: RequirementsProduct, blocks: readonly PrdBlock[]): Finding[] {
  const known = new Set(blocks.map((block) => block.block_id));
  const cited = [...product.requirements, ...product.questions].flatMap(({ id, block_ids }) =>
    block_ids.filter((block) => !known.has(block)).map((block) => ({ by: id, block })),
  );
  const disposed = product.dispositions.filter((d) => !known.has(d.block_id));
  const invented = product.requirements.filter(({ block_ids }) => !block_ids.some((block) => known.has(block)));
  return [
    ...cited.map(({ by, block }) =>
      finding("block_unknown", by, `${by} cites ${block}, which the PRD does not have. Cite the block it comes from.`),
    ),
    ...disposed.map((d) =>
      finding("block_unknown", d.block_id, `The disposition of ${d.block_id} is about no block of the PRD. Remove it.`),
    ),
    ...invented.map(({ id }) =>
      finding(
        "requirement_without_source",
        id,
        `${id} comes from no block of the PRD. Cite its source or remove it; what the PRD does not ask for is no requirement.`,
      ),
    ),
  ];
}

function uncoveredBlocks(product: RequirementsProduct, blocks: readonly PrdBlock[]): Finding[] {
  const covered = new Set([
    ...product.requirements.flatMap((requirement) => requirement.block_ids),
    ...product.dispositions.map((disposition) => disposition.block_id),
  ]);
  return blocks
    .filter((block) => !covered.has(block.block_id))
    .map(({ block_id, kind, body }) =>
      finding(
        "block_not_covered",
        block_id,
        `${block_id} (${kind}: "${excerpt(body)}") is cited by no requirement and has no disposition. Cite it in a requirement, or add a disposition context, non_goal or question for it.`,
      ),
    );
}

/** Dispositions that say one thing while the requirements and questions say another. */
function contradictions(product: RequirementsProduct, blocks: readonly PrdBlock[]): Finding[] {
  const cited = new Set(product.requirements.flatMap((requirement) => requirement.block_ids));
  const asked = new Set(product.questions.flatMap((question) => question.block_ids));
  const headings = new Set(blocks.filter((block) => block.kind === "heading").map((block) => block.block_id));
  const twice = repeated(product.dispositions.map((disposition) => disposition.block_id));
  const findings = twice.map((block) =>
    finding("block_disposed_twice", block, `${block} has more than one disposition. Keep exactly one.`),
  );
  for (const { block_id: block, disposition, reason } of product.dispositions) {
    if (disposition === "requirement" && !cited.has(block)) {
      const message = `${block} has the disposition requirement, but no requirement cites it. Add it to the block_ids of the requirement that it belongs to.`;
      findings.push(finding("disposition_without_requirement", block, message));
    }
    if (disposition === "question" && !asked.has(block)) {
      const message = `${block} has the disposition question, but no question cites it. Ask the question or choose another disposition.`;
      findings.push(finding("disposition_without_question", block, message));
    }
    if (disposition === "non_goal" && cited.has(block)) {
      const message = `${block} has the disposition non_goal, yet a requirement cites it. It is one or the other.`;
      findings.push(finding("disposition_contradicts_citation", block, message));
    }
    if ((disposition === "context" || disposition === "non_goal") && reason.trim() === "" && !headings.has(block)) {
      const message = `${block} is left out as ${disposition} without a reason. Say why it asks for nothing.`;
      findings.push(finding("disposition_without_reason", block, message));
    }
  }
  return findings;
}

function identities(product: RequirementsProduct): Finding[] {
  const ids = repeated([...product.requirements, ...product.questions].map(({ id }) => id));
  const byText = new Map<string, string>();
  const findings = ids.map((id) => finding("id_duplicate", id, `${id} is used more than once. Give each its own id.`));
  for (const { id, text } of product.requirements) {
    const normal = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
    const first = byText.get(normal);
    if (first === undefined) byText.set(normal, id);
    else if (first !== id) {
      const message = `${id} says the same as ${first}. Merge them: one requirement with the block ids of both.`;
      findings.push(finding("requirement_duplicate", id, message));
    }
  }
  return findings;
}

function emptyTexts(product: RequirementsProduct): Finding[] {
  return product.requirements
    .filter(({ text, acceptance_criteria }) => [text, ...acceptance_criteria].some((words) => words.trim().length < 3))
    .map(({ id }) =>
      finding(
        "criteria_empty",
        id,
        `${id} has an empty text or acceptance criterion. Say what can be observed when it holds.`,
      ),
    );
}
