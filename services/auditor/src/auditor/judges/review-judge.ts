import { readTree } from "@aura/shared/postgres/blobs";
import { ReviewProduct } from "@aura/shared/schemas/work-products";
import { readRequirements } from "../../db/specification-statements.ts";
import { validateReview } from "../../validators/review.ts";
import { type Judge, reportOf } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";

export const judgeReview: Judge = async ({ db, sandbox }, request) => {
  const { product, findings } = await readProduct(db, request, ReviewProduct);
  if (product === null) return reportOf(findings);
  const sha256 = request.tree_sha256 ?? request.head_tree_sha256;
  const tree = sha256 === null ? new Map() : await readTree(db, sha256);
  const requirements = await readRequirements(db, request.run_id);
  // A verdict on a tree names what could have isolated it, even where nothing had to be executed.
  const environment = request.tree_sha256 === null ? null : await sandbox.environment();
  return reportOf(
    validateReview(
      product,
      tree,
      requirements.map(({ key }) => key),
    ),
    { environment },
  );
};
