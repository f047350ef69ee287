import type { VerificationOutcome } from "@aura/shared/enums/verification";
import { expect, test } from "vitest";
import { testResult } from "../../src/attestation/statements.ts";
import type { Delivery } from "../../src/db/attestation-statements.ts";

type State = Delivery["requirements"][number]["state"];
type Outcome = Delivery["tests"][number]["outcome"];
type End = Delivery["run"]["stop_reason"];

/** The result of a delivery with one test and one requirement that came to this. */
function resultOf(stop_reason: End, judged: VerificationOutcome | null, outcome: Outcome, state: State): unknown {
  const report = { report_sha256: "ab".repeat(32), environment_sha256: null };
  const delivery = {
    ...{ run: { stop_reason }, revision: { tree_sha256: "cd".repeat(32) }, suite: null },
    verification: judged === null ? null : { ...report, outcome: judged },
    tests: [{ test_id: "one", outcome }],
    requirements: [{ key: "R1", priority: "must", state }],
  } as unknown as Delivery;
  const digests = { sha256: "", dirHash: "", gitTree: "" };
  const { predicate } = testResult({ delivery, name: "x", digests, resolution: null, sbomSha256: "", version: "" });
  return (predicate as { result: string }).result;
}

test.each<[End, VerificationOutcome | null, Outcome, State, string]>([
  ["verified", "accepted", "pass", "pass", "PASSED"],
  ["verified", "accepted", "pass", "inspection", "WARNED"],
  ["verified", "accepted", "pass", "not_run", "WARNED"],
  ["verified", "accepted", "fail", "fail", "WARNED"],
  ["partial", "accepted", "pass", "pass", "WARNED"],
  ["partial", "accepted", "pass", "overridden", "WARNED"],
  ["partial", "environment", "not_run", "not_run", "WARNED"],
  ["partial", null, "not_run", "not_run", "WARNED"],
  ["partial", null, "not_run", "fail", "FAILED"],
  ["partial", "accepted", "pass", "inconclusive", "FAILED"],
  ["partial", "accepted", "fail", "set_aside", "FAILED"],
  ["partial", "accepted", "error", "overridden", "FAILED"],
  ["partial", "rejected", "not_run", "not_run", "FAILED"],
  ["partial", "inconclusive", "pass", "overridden", "FAILED"],
])(
  "of a delivery that is %s, judged %s, its test %s, its requirement %s: %s",
  (end, judged, outcome, state, result) => {
    expect(resultOf(end, judged, outcome, state)).toBe(result);
  },
);
