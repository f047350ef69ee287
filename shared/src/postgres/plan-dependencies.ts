import { z } from "zod";
import type { DependencyResolution } from "../schemas/dependencies.ts";
import { VerificationReport } from "../schemas/verification-report.ts";
import { readJson } from "./blobs.ts";
import type { Queryable } from "./client.ts";

/**
 * What was fetched for an adopted plan; null when it names no dependency. A plan stands and falls with the verification
 * that accepted it, so this never changes.
 */
export async function readResolution(db: Queryable, planId: string): Promise<DependencyResolution | null> {
  const { rows } = await db.query(
    `select encode(v.report_sha256, 'hex') as sha256
       from plans p join verifications v on v.id = p.verification_id where p.id = $1`,
    [planId],
  );
  const { sha256 } = z.object({ sha256: z.string() }).parse(rows[0]);
  return (await readJson(db, sha256, VerificationReport)).dependencies ?? null;
}
