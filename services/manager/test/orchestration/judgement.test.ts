import { describe, expect, it } from "vitest";
import { needsRequest, verdictToActOn } from "../../src/orchestration/judgement.ts";

type Judged = Parameters<typeof needsRequest>[0];
const submission = (rest: Partial<Judged>): Judged => ({
  kind: "implement",
  outcome: null,
  request_id: "request",
  request_base_revision_id: "head",
  request_suite_id: "suite",
  request_retry: 0,
  head_revision_id: "head",
  suite_id: "suite",
  judged_s_ago: 100,
  ...rest,
});

describe("a submission", () => {
  it("is put before the Auditor once, and left alone while it is judged", () => {
    expect(needsRequest(submission({ request_id: null }), 2)).toBe(0);
    expect(needsRequest(submission({ head_revision_id: "moved" }), 2)).toBeNull();
  });

  it("that was accepted on an old head or by an old suite is judged again, and not acted on", () => {
    for (const moved of [{ head_revision_id: "moved" }, { suite_id: "next" }]) {
      expect(needsRequest(submission({ outcome: "accepted", ...moved }), 2)).toBe(0);
      expect(verdictToActOn(submission({ outcome: "accepted", ...moved }), 2)).toBeNull();
    }
  });

  it("that failed on an old head has failed; that failed by an old suite is judged by the new one", () => {
    expect(verdictToActOn(submission({ outcome: "rejected", head_revision_id: "moved" }), 2)).toBe("rejected");
    expect(needsRequest(submission({ outcome: "rejected", suite_id: "next" }), 2)).toBe(0);
  });

  it("of a suite is judged again when another suite took its place as the one to follow", () => {
    expect(needsRequest(submission({ kind: "acceptance_tests", outcome: "accepted", suite_id: "next" }), 2)).toBe(0);
    expect(verdictToActOn(submission({ kind: "review", outcome: "accepted", head_revision_id: "moved" }), 2)).toBe(
      "accepted",
    );
  });

  it("without a conclusion is judged again after a while, at most twice, then acted on", () => {
    const unjudged = submission({ outcome: "environment" });
    expect(needsRequest({ ...unjudged, judged_s_ago: 1 }, 2)).toBeNull();
    expect(needsRequest(unjudged, 2)).toBe(1);
    expect(verdictToActOn(unjudged, 2)).toBeNull();
    expect(needsRequest({ ...unjudged, request_retry: 2 }, 2)).toBeNull();
    expect(verdictToActOn({ ...unjudged, request_retry: 2 }, 2)).toBe("environment");
  });
});
