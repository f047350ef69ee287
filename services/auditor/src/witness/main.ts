import { join } from "node:path";
import { COSIGNATURE, signerOf } from "@aura/shared/ledger/notes";
import { createLog } from "@aura/shared/log";
import facts from "../../package.json" with { type: "json" };
import { KeyFolder } from "../ledger/key-folder.ts";
import { buildWitness } from "./app.ts";
import { loadConfig } from "./config.ts";
import { KeptCheckpoints } from "./kept-checkpoints.ts";
import { knownKeys } from "./known-logs.ts";

/** The witness's process: no database, nobody else's key. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const log = createLog("witness", config.LOG_LEVEL);
  const folder = new KeyFolder(config.AURA_WITNESS_FOLDER);
  const [key = folder.createKey()] = folder.keys();
  const signer = signerOf(config.AURA_WITNESS_NAME, key.seed, COSIGNATURE);
  const kept = new KeptCheckpoints(join(config.AURA_WITNESS_FOLDER, "checkpoints"));
  const keys = () => knownKeys(config.AURA_WITNESS_LOGS);
  const now = () => Math.floor(Date.now() / 1000);
  const app = buildWitness({ kept, signer, keys, now, log, version: facts.version });
  const stop = () => void app.close();
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
  await app.listen({ host: config.WITNESS_HOST, port: config.WITNESS_PORT });
  log.info({ key: signer.verifier.text }, "the witness is at work");
}

await main();
