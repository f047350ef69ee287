import type { Run } from "@aura/shared/schemas/api/run";
import type { RunRow } from "../db/read-run-statements.ts";
import { runWaitsFor } from "./waiting-for.ts";

/** The run as every operation shows it, made from the one row that list and detail share. */
export function runReply(row: RunRow): Run {
  const { waiting_code, waiting_detail, waiting_since, stopped_at, leaderless_since, pending_approvals, ...facts } =
    row;
  return { ...facts, waiting_for: runWaitsFor(row), links: linksOf(row) };
}

function linksOf(row: RunRow): Record<string, string> {
  const self = `/v1/runs/${row.id}`;
  return {
    self,
    requirements: `${self}/requirements`,
    tasks: `${self}/tasks`,
    report: `${self}/report`,
    events: `/v1/events?run_id=${row.id}`,
    budget: `/v1/budgets/${row.id}`,
    ...(row.status === "completed" ? { attestation: `${self}/attestation`, sbom: `${self}/sbom` } : {}),
    best: `${self}/software.tar.gz?revision=best`,
    ...(row.plan_revision === null ? {} : { plan: `${self}/plan` }),
    ...(row.suite_version === null ? {} : { suite: `${self}/suite` }),
    ...(row.head_revision === null ? {} : { files: `${self}/files`, diff: `${self}/diff`, git: `/git/${row.id}.git` }),
    ...(row.delivered_revision === null
      ? {}
      : { software: `${self}/software.tar.gz`, software_zip: `${self}/software.zip` }),
  };
}
