// Preloaded into a service by the crash tests: ends the process with SIGKILL at one boundary crossing. A crossing is a verb
// sent to the database, or a process started. AURA_DIE_AT = "<before|after>:<name>:<occurrence>"; names and occurrences of a
// run that nobody kills are collected in AURA_CROSSINGS. Heartbeats and empty polls change nothing and are not counted.

import childProcess from "node:child_process";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import pg from "pg";

const [when, name, occurrence] = (process.env.AURA_DIE_AT ?? "").split(":");
const seen = new Map();

function cross(crossing) {
  const count = (seen.get(crossing) ?? 0) + 1;
  seen.set(crossing, count);
  if (process.env.AURA_CROSSINGS) appendFileSync(process.env.AURA_CROSSINGS, `${crossing}:${count}\n`);
  return crossing === name && count === Number(occurrence);
}

const die = () => process.kill(process.pid, "SIGKILL");
const VERB = /(?:from|select)\s+(?:\*\s+from\s+)?(?:public\.)?([a-z_]+)\s*\(\s*\$1/i;
const IDLE = new Set([
  "beat_runtime",
  "number_events",
  "authenticate_key",
  "renew_verifications",
  "replay_mismatches",
  "expire_reservations",
]);
const POLLS = new Set(["accept_tasks", "claim_verifications", "claim_sandbox_jobs", "read_sandbox_jobs"]);

const query = pg.Client.prototype.query;
pg.Client.prototype.query = function (...args) {
  const text = typeof args[0] === "string" ? args[0] : args[0]?.text;
  const commit = /^\s*commit\s*$/i.test(text ?? "");
  const verb = commit ? "commit" : VERB.exec(text ?? "")?.[1];
  if (verb === undefined || IDLE.has(verb)) return query.apply(this, args);
  if (POLLS.has(verb)) return afterwards(query.apply(this, args), verb, (result) => (result?.rows?.length ?? 0) > 0);
  const fatal = cross(verb);
  if (fatal && when === "before") die();
  const result = query.apply(this, args);
  if (fatal && when === "after") return Promise.resolve(result).finally(die);
  return result;
};

/** A poll counts only when it brought something; it can only be died after. */
function afterwards(promise, verb, counts) {
  if (typeof promise?.then !== "function") return promise;
  return promise.then((result) => {
    if (counts(result) && cross(verb)) die();
    return result;
  });
}

const spawn = childProcess.spawn;
childProcess.spawn = (...args) => {
  const fatal = cross("spawn");
  if (fatal && when === "before") die();
  const child = spawn(...args);
  if (fatal && when === "after") setImmediate(die);
  return child;
};
syncBuiltinESMExports();
