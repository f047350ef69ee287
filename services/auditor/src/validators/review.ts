import type { Tree } from "@aura/shared/models/tree";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { ReviewProduct } from "@aura/shared/schemas/work-products";
import { finding } from "./findings.ts";

/** Judges a review: each doubt must point at something that is there. It adds doubt and never a pass. */
export function validateReview(product: ReviewProduct, tree: Tree, requirementIds: readonly string[]): Finding[] {
  return product.doubts.flatMap(({ path, line, requirement_id }) => {
    const file = tree.get(path);
    if (file === undefined)
      return [finding("path_unknown", path, `There is no file ${path}. Name the file that you mean.`)];
    const lines = file.toString("utf8").split("\n").length;
    const findings: Finding[] = [];
    if (line !== null && line > lines) {
      findings.push(finding("line_unknown", path, `${path} has ${lines} lines, the doubt points at line ${line}.`));
    }
    if (requirement_id !== null && !requirementIds.includes(requirement_id)) {
      const message = `The doubt on ${path} names ${requirement_id}, which is no requirement of this run.`;
      findings.push(finding("requirement_unknown", requirement_id, message));
    }
    return findings;
  });
}
