import { type ApiClient, ApiProblem } from "@aura/shared/api-client";
import type { Approval } from "@aura/shared/schemas/api/approval";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { CliError } from "./session.ts";

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** A run by its id, or the newest by `latest`. */
export async function resolveRun(client: ApiClient, name: string): Promise<string> {
  if (UUID.test(name)) return name;
  if (name !== "latest") throw new CliError("bad_id", `${name} is not a run id`, "Use an id, or `latest`.", 2);
  const { data } = await client.call(OPERATIONS.listRuns, { query: { limit: 1 } });
  if (data[0] === undefined)
    throw new CliError("not_found", "there is no run yet", "Start one with `aura run PRD.md`.");
  return data[0].id;
}

/** A task by its id, or as RUN:KEY, e.g. `latest:T1`. */
export async function resolveTask(client: ApiClient, name: string): Promise<string> {
  const [run, key] = splitName(name, "task");
  if (key === null) return run;
  const { data } = await client.call(OPERATIONS.listTasks, {
    params: { run_id: await resolveRun(client, run) },
    query: { limit: 1000 },
  });
  return idOf(data, key, "task");
}

/** A task or requirement by its id, or as RUN:KEY, e.g. `latest:R3`. */
export async function resolveSubject(client: ApiClient, name: string): Promise<string> {
  const [run, key] = splitName(name, "task or requirement");
  if (key === null || !/^R\d+$/.test(key)) return resolveTask(client, name);
  const { data } = await client.call(OPERATIONS.getCoverage, { params: { run_id: await resolveRun(client, run) } });
  return idOf(data, key, "requirement");
}

function splitName(name: string, what: string): readonly [string, string | null] {
  if (UUID.test(name)) return [name, null];
  const [run = "", key = ""] = name.split(":");
  if (run === "" || key === "")
    throw new CliError("bad_id", `${name} names no ${what}`, "Use an id, or RUN:KEY as in latest:T1.", 2);
  return [run, key];
}

function idOf(rows: readonly { id: string; key: string }[], key: string, what: string): string {
  const found = rows.find((row) => row.key === key);
  if (found === undefined) throw new CliError("not_found", `the run has no ${what} ${key}`, "See `aura status RUN`.");
  return found.id;
}

/**
 * The approval that is meant: by its own id, or the only pending one of a run.
 *
 * @param kinds kinds to choose from when a run is named
 */
export async function resolveApproval(
  client: ApiClient,
  name: string,
  kinds: readonly Approval["kind"][],
): Promise<Approval> {
  const direct = UUID.test(name) ? await approvalOrNull(client, name) : null;
  if (direct !== null) return direct;
  const run_id = await resolveRun(client, name);
  const { data } = await client.call(OPERATIONS.listApprovals, { query: { run_id, status: "pending", limit: 100 } });
  const pending = data.filter(({ kind }) => kinds.includes(kind));
  const [only, ...more] = pending;
  if (only === undefined)
    throw new CliError("not_found", `nothing of kind ${kinds.join(", ")} waits in this run`, "See `aura status RUN`.");
  if (more.length > 0)
    throw new CliError(
      "ambiguous",
      `several wait: ${pending.map(({ id, kind }) => `${kind} ${id}`).join(", ")}`,
      "Name one of them by its id.",
    );
  return only;
}

async function approvalOrNull(client: ApiClient, approval_id: string): Promise<Approval | null> {
  try {
    const { content, ...approval } = await client.call(OPERATIONS.getApproval, { params: { approval_id } });
    return approval;
  } catch (error) {
    if (error instanceof ApiProblem && error.problem.code === "not_found") return null;
    throw error;
  }
}
