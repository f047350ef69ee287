import { treeSha256 } from "@aura/shared/models/tree";
import type { EvidenceItem, TestResult } from "@aura/shared/schemas/verification-report";
import type { MovedClock } from "../harness/moved-clock.ts";
import { cutMiddle, scrub } from "../harness/records.ts";
import type { JailEnd } from "./jail.ts";
import type { AcceptanceRequest, ImportRequest } from "./port.ts";

const OUTPUT_SHOWN = 32 * 1024;

export function shown(text: string): string {
  return cutMiddle(scrub(text), OUTPUT_SHOWN);
}

export function acceptanceEvidence(
  request: AcceptanceRequest,
  clock: MovedClock,
  tests: readonly TestResult[],
  begun: number,
): EvidenceItem {
  const passed = tests.filter(({ outcome }) => outcome === "pass").length;
  const lines = tests.map(({ test_id, outcome }) => `${outcome} ${test_id}`);
  return {
    kind: "acceptance_run",
    command: [
      "acceptance",
      request.toolchain,
      `seed=${request.seed}`,
      `clock=+${clock.offset_s}s`,
      request.surroundings,
    ],
    exit_code: passed === tests.length ? 0 : 1,
    reason: "exit",
    output: [...lines, `${passed} of ${tests.length} passed`].join("\n"),
    tree_sha256: treeSha256(request.tree),
    duration_ms: Math.round(performance.now() - begun),
  };
}

/** Importing runs the product's code, which may end the process early: only the program's last word makes it a success. */
export function importEvidence(request: ImportRequest, end: JailEnd): EvidenceItem {
  const lines = end.stdout.trimEnd().split("\n");
  const finished = lines.at(-1) === "checked";
  const problems = finished ? lines.slice(0, -1) : [...lines, "importing a module ended the process"];
  return {
    kind: "plan_import",
    command: ["imports", request.toolchain, ...request.modules.map(({ path }) => path)],
    exit_code: finished || end.exit_code !== 0 ? end.exit_code : 1,
    reason: end.reason,
    output: shown([...problems, end.stderr].join("\n").trim()),
    tree_sha256: treeSha256(request.tree),
    duration_ms: end.duration_ms,
  };
}
