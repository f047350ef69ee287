import { readJson } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { invariant } from "@aura/shared/problems";
import type { Finding } from "@aura/shared/schemas/verification-report";
import { z } from "zod";
import type { VerificationCase } from "../db/request-statements.ts";
import { malformedProduct } from "../validators/findings.ts";

/** A product of its schema, or what keeps it from being one. */
export type ReadProduct<T> =
  | { readonly product: T; readonly findings: null }
  | { readonly product: null; readonly findings: Finding[] };

/** Reads what the agent submitted. A product that is not of its schema is the agent's to mend. */
export async function readProduct<T>(
  db: Queryable,
  request: VerificationCase,
  schema: z.ZodType<T>,
): Promise<ReadProduct<T>> {
  invariant(request.product_sha256 !== null, `a ${request.kind} request has a product`);
  const parsed = schema.safeParse(await readJson(db, request.product_sha256, z.unknown()));
  return parsed.success
    ? { product: parsed.data, findings: null }
    : { product: null, findings: malformedProduct(parsed.error) };
}
