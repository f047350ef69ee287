import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { PlanInterfaces, Sandbox } from "../../src/sandbox/port.ts";
import { inspectionFindings } from "../../src/validators/inspection/findings.ts";
import type { InspectionGround } from "../../src/validators/inspection/ground.ts";
import { KnownText, textsOf } from "../../src/validators/inspection/known-text.ts";

export interface Inspected {
  readonly toolchain: string;
  readonly tree: Tree;
  readonly interfaces?: PlanInterfaces;
  readonly prelude?: string;
  readonly tests?: readonly AcceptanceTest[];
  /** What the PRD and the requirements say. */
  readonly told?: readonly string[];
  readonly dependencies?: Tree;
}

const NO_INTERFACES: PlanInterfaces = { modules: [], cli: [], http: [] };
export const LICENCES = ["MIT", "Apache-2.0", "BSD-3-Clause"];

/** What the Auditor says of a tree before it runs any of it. */
export async function findingsOf(sandbox: Sandbox, product: Inspected): Promise<Finding[]> {
  const { toolchain, tree, prelude = "", tests = [] } = product;
  const inspection = await sandbox.inspectSource({ toolchain, tree, prelude, tests });
  return inspectionFindings(groundOf(product, inspection));
}

export function groundOf(product: Inspected, inspection: InspectionGround["inspection"]): InspectionGround {
  const { toolchain, tree, interfaces = NO_INTERFACES, tests = [], told = [], dependencies = new Map() } = product;
  const known = new KnownText([...told, ...textsOf(interfaces), ...tests.map(({ title }) => title)]);
  return {
    toolchain,
    tree,
    dependencies,
    interfaces,
    tests,
    known,
    licences: LICENCES,
    isUnfinished: () => false,
    inspection,
  };
}

/** `code path` of each finding, a warning with a question mark. */
export function told(findings: readonly Finding[]): string[] {
  return findings.map(
    ({ code, message, severity }) => `${code}${severity === "warning" ? "?" : ""} ${message.split(": ")[0]}`,
  );
}
