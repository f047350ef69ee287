import type { Log } from "@aura/shared/log";
import type { Pool } from "@aura/shared/postgres/client";
import { AuraError } from "@aura/shared/problems";
import { type Alarm, raiseAlarms } from "../db/event-statements.ts";
import { ESCAPED } from "../sandbox/canaries.ts";
import type { Sandbox } from "../sandbox/port.ts";

type Loss = "sandbox.escaped" | "sandbox.unavailable";

const DESCRIPTIONS: Record<Loss, string> = {
  "sandbox.escaped": "A test program broke out of the sandbox. Nothing is executed.",
  "sandbox.unavailable": "Nothing isolates generated code any more. Nothing is executed.",
};

/**
 * The same sandbox, which raises a critical event when its isolation is lost: once, until it isolates again. The call
 * that met the loss fails as before, whether the event could be written or not.
 */
export function watchIsolation(sandbox: Sandbox, pool: Pool, holder: string, log: Log): Sandbox {
  let lost: Loss | null = null;
  let kills = 0;

  async function raise(event_type: Loss, detail: string): Promise<void> {
    const about = { subject_type: "sandbox", subject_id: holder, description: DESCRIPTIONS[event_type] };
    const alarm: Alarm = { event_type, ...about, payload: { detail: detail.slice(0, 2000) } };
    try {
      await raiseAlarms(pool, holder, [alarm]);
      lost = event_type;
    } catch (error) {
      log.error({ event_type, err: error }, "an alarm could not be written; the next loss raises it again");
    }
  }

  async function watched<T>(work: () => Promise<T>): Promise<T> {
    const killsBefore = kills;
    try {
      const result = await work();
      lost = null;
      return result;
    } catch (error) {
      const loss = kills === killsBefore ? lossOf(error) : null; // who kills the work takes the sandbox away on purpose
      if (loss !== null && loss !== lost) await raise(loss, (error as AuraError).detail);
      throw error;
    }
  }

  return {
    environment: () => watched(() => sandbox.environment()),
    runCheck: (request) => watched(() => sandbox.runCheck(request)),
    buildStub: (request) => watched(() => sandbox.buildStub(request)),
    runAcceptance: (request) => watched(() => sandbox.runAcceptance(request)),
    stripBodies: (request) => watched(() => sandbox.stripBodies(request)),
    instrument: (request) => watched(() => sandbox.instrument(request)),
    inspectSource: (request) => watched(() => sandbox.inspectSource(request)),
    makeMutants: (request) => watched(() => sandbox.makeMutants(request)),
    runMutants: (request) => watched(() => sandbox.runMutants(request)),
    checkImports: (request) => watched(() => sandbox.checkImports(request)),
    installDependencies: (request) => watched(() => sandbox.installDependencies(request)),
    killAll: () => {
      kills += 1;
      return sandbox.killAll();
    },
  };
}

function lossOf(error: unknown): Loss | null {
  if (!(error instanceof AuraError) || error.code !== "isolation_unavailable") return null;
  return error.detail.startsWith(ESCAPED) ? "sandbox.escaped" : "sandbox.unavailable";
}
