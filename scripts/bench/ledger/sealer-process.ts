import { createLog } from "@aura/shared/log";
import { createPool } from "@aura/shared/postgres/client";
import { KeyFolder } from "../../../services/auditor/src/ledger/key-folder.ts";
import { startNumberingLoop } from "../../../services/auditor/src/ledger/numbering-loop.ts";
import { startSealing } from "../../../services/auditor/src/ledger/sealing-loop.ts";

/** What an Auditor does for the log, in a process of its own as it is there. Arguments: its database URL, its folder. */
const [url = "", folder = ""] = process.argv.slice(2);
const log = createLog("bench", "warn");
const pool = createPool(url, "bench-auditor");
const deps = { pool, holder: "bench", folder: new KeyFolder(folder), publish: () => undefined };
const loops = [startNumberingLoop(pool, log), startSealing(deps, log)];

process.send?.("ready");
process.once("disconnect", async () => {
  await Promise.all(loops.map((loop) => loop.stop()));
  await pool.end();
});
