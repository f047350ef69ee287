import { RequirementsProduct } from "@aura/shared/schemas/requirements-product";
import { readBlocks } from "../../db/specification-statements.ts";
import { validateRequirements } from "../../validators/requirements.ts";
import { type Judge, reportOf } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";

export const judgeRequirements: Judge = async ({ db }, request) => {
  const { product, findings } = await readProduct(db, request, RequirementsProduct);
  if (product === null) return reportOf(findings);
  return reportOf(validateRequirements(product, await readBlocks(db, request.prd_id)));
};
