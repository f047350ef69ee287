import type { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import type { NewDisposition } from "../db/orchestration-verbs.ts";

/** What became of every block: the cited ones are requirements, the others as the analyst said. */
export function dispositionsOf(product: RequirementsProduct): NewDisposition[] {
  const citing = new Map<string, string[]>();
  for (const { id, block_ids } of product.requirements) {
    for (const block of block_ids) citing.set(block, [...(citing.get(block) ?? []), id]);
  }
  const cited = [...citing].map(([block_id, ids]) => ({
    block_id,
    disposition: "requirement",
    reason: ids.join(", "),
  }));
  return [...cited, ...product.dispositions.filter((other) => !citing.has(other.block_id))];
}
