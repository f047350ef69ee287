import type { PrdBlock } from "@aura/shared/schemas/prd";
import type { RequirementsProduct } from "@aura/shared/schemas/requirements-product";

/**
 * What the Auditor would refuse for certain, found before an attempt is spent on it. It decides nothing: the Auditor
 * judges with its own code whatever is handed in.
 */
export function precheckRequirements(product: RequirementsProduct, blocks: readonly PrdBlock[]): string[] {
  const known = new Set(blocks.map((block) => block.block_id));
  const cited = new Set(product.requirements.flatMap((each) => each.block_ids));
  const asked = new Set(product.questions.flatMap((each) => each.block_ids));
  const disposed = new Set(product.dispositions.map((each) => each.block_id));
  return [
    ...[...new Set([...cited, ...asked, ...disposed])]
      .filter((id) => !known.has(id))
      .map((id) => `${id} is no block of this PRD.`),
    ...blocks
      .filter(({ block_id }) => !cited.has(block_id) && !disposed.has(block_id))
      .map(
        ({ block_id, body }) => `${block_id} ("${excerpt(body)}") is cited by no requirement and has no disposition.`,
      ),
    ...product.dispositions.flatMap((each) => dispositionProblems(each, cited, asked)),
    ...duplicateTexts(product),
  ];
}

function dispositionProblems(
  { block_id, disposition, reason }: RequirementsProduct["dispositions"][number],
  cited: ReadonlySet<string>,
  asked: ReadonlySet<string>,
): string[] {
  if (disposition === "non_goal" && cited.has(block_id))
    return [`${block_id} is a non_goal, yet a requirement cites it.`];
  if (disposition === "requirement" && !cited.has(block_id))
    return [`${block_id} is disposed as requirement, but no requirement cites it: cite it there.`];
  if (disposition === "question" && !asked.has(block_id))
    return [`${block_id} is disposed as question, but no question cites it.`];
  if (reason.trim() === "" && disposition !== "requirement") return [`The disposition of ${block_id} needs a reason.`];
  return [];
}

function duplicateTexts(product: RequirementsProduct): string[] {
  const first = new Map<string, string>();
  return product.requirements.flatMap(({ id, text }) => {
    const words = text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, " ")
      .trim();
    const earlier = first.get(words);
    if (earlier === undefined) first.set(words, id);
    return earlier === undefined ? [] : [`${id} says the same as ${earlier}: keep one, with the block ids of both.`];
  });
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= 80 ? line : `${line.slice(0, 79)}…`;
}
