import { startFiles } from "@aura/shared/models/toolchains";
import type { Tree } from "@aura/shared/models/tree";
import type { AcceptanceTest } from "@aura/shared/schemas/suite-product";
import type { Finding } from "@aura/shared/schemas/verification-report";
import type { PlanInterfaces } from "../../sandbox/port.ts";
import type { FileFacts, Inspection } from "../../sandbox/source-facts.ts";
import type { KnownText } from "./known-text.ts";

/** What a product's files are looked through with. */
export interface InspectionGround {
  readonly toolchain: string;
  readonly tree: Tree;
  /** Packages of the plan, by their path under /dependencies. */
  readonly dependencies: Tree;
  readonly interfaces: PlanInterfaces;
  readonly tests: readonly AcceptanceTest[];
  readonly known: KnownText;
  /** SPDX identifiers that policy allows. */
  readonly licences: readonly string[];
  /** Paths whose functions another task has yet to fill. */
  readonly isUnfinished: (path: string) => boolean;
  readonly inspection: Inspection;
}

/** Something that has to be mended, with its place and how. */
export function refusal(code: string, path: string, line: number | null, message: string): Finding {
  return { code, subject: path, message: `${line === null ? path : `${path}:${line}`}: ${message}` };
}

/** Something that a person should see and that is no proof: it rejects nothing. */
export function note(code: string, path: string, line: number | null, message: string): Finding {
  return { ...refusal(code, path, line, message), severity: "warning" };
}

const TEST_FOLDER = /(?:^|\/)(?:tests?|__tests__|spec|specs)\//;
const TEST_FILE = /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$|\.(?:test|spec)\.[cm]?[jt]s$/;
const TEST_IMPORT = /(?:^|[./])(?:tests?|__tests__|specs?)[./]|(?:^|[./])test_\w|\.(?:test|spec)\.[cm]?[jt]s$/;

export function isTestFile(path: string): boolean {
  return TEST_FOLDER.test(path) || TEST_FILE.test(path);
}

/**
 * The files that make up the product. Its own tests may hold whatever a test holds, as long as nothing else imports
 * them.
 */
export function productFiles({ inspection: { files } }: Pick<InspectionGround, "inspection">): readonly FileFacts[] {
  const own = files.filter(({ path }) => !isTestFile(path));
  const leansOnTests = own.some(({ imports }) => imports.some(({ name }) => TEST_IMPORT.test(name)));
  return leansOnTests ? files : own;
}

/** A file that a command of the plan starts: what it does when it is loaded is its work. */
export function isStarted({ toolchain, interfaces }: Pick<InspectionGround, "toolchain" | "interfaces">, path: string) {
  if (path.endsWith("__main__.py")) return true;
  const commands = [...interfaces.cli, ...interfaces.http].map(({ command }) => command);
  return commands.some((command) => startFiles(toolchain, command)?.includes(path) ?? false);
}
