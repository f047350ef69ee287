import { type Signer, signerOf } from "@aura/shared/ledger/notes";
import type { Log } from "@aura/shared/log";
import { isUnavailable, type Pool } from "@aura/shared/postgres/client";
import {
  isAttestationKey,
  readAttesterName,
  readUnattestedRuns,
  registerAttestationKey,
} from "../db/attestation-statements.ts";
import { raiseAlarms } from "../db/event-statements.ts";
import type { KeyFolder } from "../ledger/key-folder.ts";
import { type PollingLoop, startPolling } from "../polling-loop.ts";
import { attest } from "./attest.ts";

const BATCH = 20;
const IDLE_MS = 250;
/** Until a delivery that could not be attested is tried again. */
const RETRY_MS = 60_000;

export interface AttestingDeps {
  readonly pool: Pool;
  readonly log: Log;
  readonly holder: string;
  /** Of the keys that sign attestations, and nothing else. */
  readonly folder: KeyFolder;
  readonly publish: (key: Signer) => void;
  /** Of this system. */
  readonly version: string;
}

/** Deliveries without an attestation that was made or could not be. */
export interface Unattested {
  readonly run_id: string;
  readonly why: string;
}

export interface Attesting extends PollingLoop {
  failed(): readonly Unattested[];
}

/** Attests every delivery soon after it. One that cannot be attested is a critical event, once a process, and holds up no other. */
export function startAttesting(deps: AttestingDeps): Attesting {
  const attesting = createAttesting(deps);
  const loop = startPolling({ name: "attesting", log: deps.log, idleMs: IDLE_MS, busyMs: 0 }, attesting.once);
  return { ...loop, failed: attesting.failed };
}

/** The same, step by step. */
export function createAttesting({ pool, log, holder, folder, publish, version }: AttestingDeps) {
  const failures = new Map<string, { readonly why: string; readonly at: number }>();
  let isOpen = false;

  async function once(): Promise<boolean> {
    const resting = [...failures].filter(([, { at }]) => performance.now() - at < RETRY_MS).map(([id]) => id);
    const runs = await readUnattestedRuns(pool, resting, BATCH);
    if (isOpen && runs.length === 0) return false;
    const key = await openAttestationKey(pool, holder, folder, publish);
    isOpen = true;
    for (const run_id of runs) {
      const why = await reasonAgainst(() => attest({ db: pool, holder, key, version }, run_id));
      if (why === null) failures.delete(run_id);
      else await note(run_id, why);
    }
    return runs.length > 0;
  }

  async function note(run_id: string, why: string): Promise<void> {
    const isNew = !failures.has(run_id);
    failures.set(run_id, { why, at: performance.now() });
    if (!isNew) return;
    log.error({ run_id, why }, "a delivery is not attested");
    const alarm = { event_type: "attestation.failed" as const, subject_type: "run", subject_id: run_id };
    await raiseAlarms(pool, holder, [{ ...alarm, description: "A delivery is not attested.", payload: { why } }]);
  }

  return { once, failed: () => [...failures].map(([run_id, { why }]) => ({ run_id, why })) };
}

/** @returns null when it is attested, also by another Auditor at the same time */
async function reasonAgainst(work: () => Promise<string | null>): Promise<string | null> {
  try {
    const code = await work();
    return code === "already_attested" ? null : code;
  } catch (error) {
    if (isUnavailable(error)) throw error;
    return (error as Error).message;
  }
}

/** The newest key of the folder signs; the first start makes one. The log knows it before it signs anything. */
async function openAttestationKey(
  pool: Pool,
  holder: string,
  folder: KeyFolder,
  publish: (key: Signer) => void,
): Promise<Signer> {
  const name = await readAttesterName(pool);
  const { seed } = folder.keys().at(-1) ?? folder.createKey();
  const key = signerOf(name, seed);
  if (!(await isAttestationKey(pool, key.verifier.text))) {
    const { code } = await registerAttestationKey(pool, holder, key.verifier.text);
    if (code !== null) throw new Error(`the key ${key.verifier.keyId} for attestations was refused: ${code}`);
  }
  publish(key);
  return key;
}
