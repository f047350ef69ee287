import { TOOLCHAINS } from "@aura/shared/models/toolchains";
import { putTree, readTree } from "@aura/shared/postgres/blobs";
import type { Queryable } from "@aura/shared/postgres/client";
import { PlanProduct } from "@aura/shared/schemas/plan-product";
import type { VerificationReport } from "@aura/shared/schemas/verification-report";
import type { VerificationCase } from "../../db/request-statements.ts";
import { isTestable, readDependencyPolicies, readRequirements } from "../../db/specification-statements.ts";
import type { GateClient } from "../../dependencies/gate-client.ts";
import { resolveDependencies } from "../../dependencies/resolve.ts";
import { rulesOf } from "../../dependencies/rules.ts";
import { RegistryUnavailable } from "../../dependencies/upstream.ts";
import type { Sandbox } from "../../sandbox/port.ts";
import { excerpt, finding } from "../../validators/findings.ts";
import { type PlanGround, validatePlan } from "../../validators/plan.ts";
import { EnvironmentFailure, type Judge, reportOf } from "../judge-context.ts";
import { readProduct } from "../product-reader.ts";
import { requireExecuted } from "../suite-run.ts";

export const judgePlan: Judge = async ({ db, sandbox, gate }, request) => {
  const { product, findings: malformed } = await readProduct(db, request, PlanProduct);
  if (product === null) return reportOf(malformed);
  const findings = validatePlan(product, await planGround(db, request));
  if (findings.length > 0) return reportOf(findings);
  const fetched = await fetchDependencies(db, sandbox, gate, product);
  if (fetched !== null && fetched.findings.length > 0) return fetched;
  const tried = await tryInterfaces(sandbox, product);
  return fetched === null ? tried : { ...fetched, ...tried, evidence: [...fetched.evidence, ...tried.evidence] };
};

/**
 * Fetches the packages that the plan names and keeps them for every verification of what is built on it.
 *
 * @returns null when it names none
 * @throws {EnvironmentFailure} when the registry could not be asked
 */
async function fetchDependencies(
  db: Queryable,
  sandbox: Sandbox,
  gate: GateClient,
  { toolchain, dependencies }: PlanProduct,
): Promise<VerificationReport | null> {
  if (dependencies.length === 0) return null;
  const rules = rulesOf(await readDependencyPolicies(db));
  const names = dependencies.map(({ name }) => name).join(", ");
  if (rules === null) throw unavailable(`${names}: a policy dependencies.* is missing or cannot be read`);
  try {
    const { refusals, evidence, resolution, layer } = await resolveDependencies(gate, sandbox, {
      toolchain,
      dependencies,
      rules,
    });
    const findings = refusals.map(({ name, reason }) => finding("dependency_unavailable", name, `${name} ${reason}.`));
    if (resolution === null) return reportOf(findings, { evidence: evidence === null ? [] : [evidence] });
    await putTree(db, layer);
    const environment = await sandbox.environment();
    return reportOf([], { evidence: evidence === null ? [] : [evidence], environment, dependencies: resolution });
  } catch (error) {
    if (!(error instanceof RegistryUnavailable)) throw error;
    throw unavailable(`${names} cannot be fetched: ${error.message}`);
  }
}

function unavailable(message: string): EnvironmentFailure {
  return new EnvironmentFailure(finding("dependency_unavailable", null, message));
}

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
