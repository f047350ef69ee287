import { readdirSync } from "node:fs";
import { AuraError } from "@aura/shared/problems";
import type { Check, Readiness } from "@aura/shared/schemas/api/system";
import type { readSystemState } from "../db/read-system-statements.ts";

type SystemState = Awaited<ReturnType<typeof readSystemState>>;

/** Seconds that an event may wait for its number before somebody should look at the Auditor. */
const NUMBERING_LAG_S_MAX = 30;
/** The same for its checkpoint, and for a cosignature under that. */
const SEALING_LAG_S_MAX = 30;
const WITNESS_LAG_S_MAX = 60;

const ok = (detail: string): Check => ({ status: "ok", detail });
const degraded = (detail: string): Check => ({ status: "degraded", detail });

/** Names of the migrations that this version of the product comes with. */
export function shippedMigrations(): string[] {
  const folder = new URL("../../../../database/migrations/", import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .map((file) => file.slice(0, -".sql".length))
    .sort();
}

/** @throws {AuraError} `database_unavailable` while migrations are missing: nothing here could work */
export function judgeReadiness(state: SystemState, shipped: readonly string[], managerId: string): Readiness {
  const missing = shipped.filter((name) => !state.migrations.includes(name));
  if (missing.length > 0) throw new AuraError("database_unavailable", `migrations are missing: ${missing.join(", ")}`);
  const checks: Readiness["checks"] = {
    database: ok("answers"),
    migrations: ok(`${state.migrations.length} applied`),
    agent_runtimes:
      state.live_runtimes > 0 ? ok(`${state.live_runtimes} live`) : degraded("no agent runtime is live: work waits"),
    event_numbering:
      state.unnumbered_s <= NUMBERING_LAG_S_MAX
        ? ok(`${state.unnumbered_s.toFixed(1)} s behind`)
        : degraded(`${Math.round(state.unnumbered_s)} s behind: is the Auditor running?`),
    log_sealing:
      state.unsealed_s <= SEALING_LAG_S_MAX
        ? ok(`${state.unsealed_s.toFixed(1)} s behind`)
        : degraded(`${Math.round(state.unsealed_s)} s behind: the Auditor's /readyz says why`),
    witness:
      state.unwitnessed_s <= WITNESS_LAG_S_MAX
        ? ok(`${state.unwitnessed_s.toFixed(1)} s behind`)
        : degraded(`no checkpoint was cosigned for ${Math.round(state.unwitnessed_s)} s: does the witness run?`),
    ddl_guard: state.ddl_guard ? ok("enforced") : degraded("detect only"),
    leadership: judgeLeadership(state),
    system: state.stopped_at === null ? ok("released") : degraded(`stopped since ${state.stopped_at}`),
  };
  const sound = Object.values(checks).every((check) => check.status === "ok");
  const { term, leader, leader_since } = state;
  const role = leader === managerId ? "leader" : "standby";
  const since = leader === null ? null : leader_since;
  return { status: sound ? "ok" : "degraded", checks, leadership: { role, term, holder: leader, since } };
}

function judgeLeadership({ term, leader, leader_since }: SystemState): Check {
  if (leader !== null) return ok(`${leader} leads term ${term} since ${leader_since}`);
  return degraded(
    term === 0
      ? "no Manager has led yet: no run moves"
      : `no Manager leads since ${leader_since}: no run moves; a standby takes over within seconds, or start one`,
  );
}
