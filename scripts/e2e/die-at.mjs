// Preloaded into a service by the crash tests: ends the process with SIGKILL at one boundary crossing, that is a verb sent to
// the database, a commit, or a process started. AURA_DIE_AT = "<before|after>:<n>" for the n-th crossing of this process, or
// "<before|after>:<name>" for the first of that name. AURA_CROSSINGS names a file that collects where it died. Heartbeats and polls
// that bring nothing change nothing and are not counted. What the log's sealer does comes all the time and is met by name
// only, its commit as "seal_commit".

import childProcess from "node:child_process";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import pg from "pg";

const [when, where] = (process.env.AURA_DIE_AT ?? "never:never").split(":");
let count = 0;

/** @returns whether this is the crossing to die at */
function cross(name) {
  if (SEALING.has(name) || name === "seal_commit") return where === name;
  count += 1;
  return where === String(count) || where === name;
}

function die(name) {
  if (process.env.AURA_CROSSINGS) appendFileSync(process.env.AURA_CROSSINGS, `${when} ${name}\n`);
  process.kill(process.pid, "SIGKILL");
}

const VERB = /(?:from|select)\s+(?:\*\s+from\s+)?(?:public\.)?"?([a-z_]+)"?\s*\(\s*\$1/i;
const SILENT = new Set([
  "beat_runtime",
  "number_events",
  "authenticate_key",
  "renew_verifications",
  "replay_mismatches",
  "expire_reservations",
  "set_model_prices", // once at every start: dying there each time would never get further
  "claim_leadership", // the same, and what comes after an election is what is crossed
  "renew_leadership",
  "release_leadership",
  "claim_sealing",
]);
const SEALING = new Set([
  "record_checkpoint",
  "record_cosignatures",
  "register_audit_keys",
  "retire_audit_keys",
  "seal_runs",
]);
const POLLS = new Set(["accept_tasks", "claim_verifications", "claim_sandbox_jobs", "read_sandbox_jobs"]);

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (...args) {
  const text = (typeof args[0] === "string" ? args[0] : args[0]?.text) ?? "";
  const name = /^\s*commit\s*$/i.test(text) ? commitOf(this) : VERB.exec(text)?.[1];
  if (name === "claim_sealing") sealers.add(this);
  if (name === undefined || SILENT.has(name)) return query.apply(this, args);
  if (POLLS.has(name)) return pollThenDie(query.apply(this, args), name);
  const fatal = cross(name);
  if (fatal && when === "before") die(name);
  const result = query.apply(this, args);
  if (fatal && when === "after")
    Promise.resolve(result).then(
      () => die(name),
      () => die(name),
    );
  return result;
};

/** Whether the transaction of this connection is the sealer's, as its verbs tell. */
const sealers = new WeakSet();

function commitOf(client) {
  return sealers.delete(client) ? "seal_commit" : "commit";
}

/** A poll is a crossing only when it brought something; it can only be died after. */
function pollThenDie(promise, name) {
  if (typeof promise?.then !== "function") return promise;
  return promise.then((result) => {
    if ((result?.rows?.length ?? 0) > 0 && cross(name)) die(name);
    return result;
  });
}

const spawn = childProcess.spawn;
childProcess.spawn = (...args) => {
  const fatal = cross("spawn");
  if (fatal && when === "before") die("spawn");
  const child = spawn(...args);
  if (fatal && when === "after") setImmediate(() => die("spawn"));
  return child;
};
syncBuiltinESMExports();
