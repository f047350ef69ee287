import { TOOLCHAINS } from "@aura/shared/models/toolchains";
import { readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../../db/request-statements.ts";
import { isTestable, readRequirements } from "../../db/specification-statements.ts";
import type { Sandbox } from "../../sandbox/port.ts";
import { excerpt, finding } from "../../validators/findings.ts";
import { type PlanGround, validatePlan } from "../../validators/plan.ts";
import { type Judge, reportOf } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";
import { requireExecuted } from "../suite-run.ts";

export const judgePlan: Judge = async ({ db, sandbox }, request) => {
  const { product, findings: malformed } = await readProduct(db, request, PlanProduct);
  if (product === null) return reportOf(malformed);
  const findings = validatePlan(product, await planGround(db, request));
  return findings.length > 0 ? reportOf(findings) : tryInterfaces(sandbox, product);
};

async function planGround(db: Queryable, request: VerificationCase): Promise<PlanGround> {
  const requirements = await readRequirements(db, request.run_id);
  const start = request.start_tree_sha256 === null ? new Map() : await readTree(db, request.start_tree_sha256);
  return {
    toolchain: request.toolchain,
    known_toolchains: TOOLCHAINS.map(({ name }) => name),
    requirements: requirements.map((row) => ({
      id: row.key,
      testable: isTestable(row),
      needs_closing: isTestable(row) && !row.unchanged,
    })),
    base_paths: [...start.keys()],
  };
}

/** Builds the stub skeleton from the planned interfaces and imports it: what cannot be imported cannot be tested. */
async function tryInterfaces(sandbox: Sandbox, plan: PlanProduct): Promise<VerificationReport> {
  const { interfaces, toolchain } = plan;
  const stub = await sandbox.buildStub({ interfaces, toolchain });
  if (stub.findings.length > 0 || interfaces.modules.length === 0) return reportOf(stub.findings);
  const environment = await sandbox.environment();
  const evidence = await sandbox.checkImports({ tree: stub.tree, toolchain, modules: interfaces.modules });
  requireExecuted(evidence);
  const message = `The interfaces cannot be imported as planned: ${excerpt(evidence.output, 600)}`;
  const findings = evidence.exit_code === 0 ? [] : [finding("interface_unusable", null, message)];
  return reportOf(findings, { evidence: [evidence], environment });
}
