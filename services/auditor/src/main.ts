import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { listenForTasks } from "@aura/shared/postgres/task-notifications";
import facts from "../package.json" with { type: "json" };
import { buildApp } from "./app.ts";
import { startAttesting } from "./attestation/attesting-loop.ts";
import { publishAttesterTo } from "./attestation/published-key.ts";
import { startCheckLoop } from "./auditor/check-loop.ts";
import { createIsolationState } from "./auditor/isolation-state.ts";
import { watchIsolation } from "./auditor/isolation-watch.ts";
import { createSandboxQueue } from "./auditor/sandbox-queue.ts";
import { startVerificationLoop } from "./auditor/verification-loop.ts";
import { loadConfig } from "./config.ts";
import { GateClient } from "./dependencies/gate-client.ts";
import { openGate } from "./dependencies/open-gate.ts";
import { startAnchoring } from "./ledger/anchoring.ts";
import { startArchive } from "./ledger/archive.ts";
import { KeyFolder } from "./ledger/key-folder.ts";
import { startLogCheck } from "./ledger/log-check-loop.ts";
import { startNumberingLoop } from "./ledger/numbering-loop.ts";
import { startPostureCheck } from "./ledger/posture-loop.ts";
import { publishTo } from "./ledger/public-keys.ts";
import { startReplayLoop } from "./ledger/replay-check.ts";
import { startSealing } from "./ledger/sealing-loop.ts";
import { witnessesOf } from "./ledger/witnesses.ts";
import { openSandbox } from "./sandbox/open.ts";

/** The Auditor's process: the only file that reads the environment, opens ports and handles signals. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog("auditor", config.logLevel);
  const pool = createPool(config.databaseUrl, "aura-auditor");
  const holder = `auditor-${randomBytes(4).toString("hex")}`;
  const gate = await openGate(config, log);
  const registry = { gate: gate.socket, path: process.env.PATH ?? "" };
  const opened = openSandbox({ sandbox: config.sandbox, registry });
  const sandbox = createSandboxQueue(watchIsolation(opened, pool, holder, log));
  const environment = createIsolationState(() => sandbox.borrow(new AbortController().signal).environment());
  const folder = new KeyFolder(config.ledgerFolder);
  const sealing = startSealing({ pool, holder, folder, publish: publishTo(config.ledgerPublicFolder) }, log);
  const attesting = startAttesting({
    ...{ pool, log, holder, folder: new KeyFolder(join(config.ledgerFolder, "attestation")), version: facts.version },
    publish: publishAttesterTo(config.ledgerPublicFolder),
  });
  const witnesses = witnessesOf(config.witnessUrl, config.witnesses, folder);
  const anchoring = startAnchoring({ pool, holder, witnesses }, log);
  const posture = startPostureCheck(pool, log, holder, config.ledgerCheckMs);
  const logCheck = startLogCheck(pool, log, holder, folder, config.ledgerCheckMs);
  const checks = { posture: posture.state, logCheck: logCheck.state };
  const states = { sealing: sealing.state, anchors: anchoring.state, unattested: attesting.failed, ...checks };
  const app = buildApp({ pool, log, version: facts.version, holder, environment, ...states });
  await app.listen({ host: config.host, port: config.port });

  const judging = { gate: new GateClient(gate.socket), mutation: config.mutation };
  const deps = { pool, log, sandbox, holder, ...judging };
  const verifying = startVerificationLoop(deps);
  const writing = [startNumberingLoop(pool, log), sealing, attesting, anchoring];
  const ledger = [...writing, posture, logCheck, startReplayLoop(pool, log, holder)];
  const { retentionDays, archiveFolder } = config;
  const archive = startArchive(pool, log, holder, archiveFolder, retentionDays);
  const loops = [...ledger, archive, startCheckLoop(deps), verifying];
  const listening = new AbortController();
  void listenForTasks(pool, () => verifying.wake(), log, listening.signal);
  log.info({ holder, port: config.port }, "the Auditor is at work");

  const stop = async (): Promise<void> => {
    log.info("the Auditor stops");
    listening.abort();
    await Promise.all(loops.map((loop) => loop.stop()));
    await app.close();
    gate.close();
    await pool.end();
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

await main();
