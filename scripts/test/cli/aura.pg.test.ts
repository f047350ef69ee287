import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { sha256Hex } from "@aura/shared/models/canonical-json";
import { newId } from "@aura/shared/models/ids";
import { createTestRun, createTestRuntime, directorAction, openTestApproval } from "@aura/shared/testing/factories";
import { sealEndedRuns } from "@aura/shared/testing/sealing";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ApiUnderTest, apiUnderTest } from "../../../services/manager/test/http/api-under-test.ts";
import { type LandedRun, landedRun } from "../../../services/manager/test/http/landed-run.ts";
import { aura as call } from "./aura.ts";

const PRD = "# Sums\n\nIt adds.\n";

let api: ApiUnderTest;
let env: NodeJS.ProcessEnv;
let folder: string;
let landed: LandedRun;
const aura = (...argv: string[]) => call(env, ...argv);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "aura-cli-"));
  mkdirSync(join(folder, "recordings", "sums"), { recursive: true });
  const recording = { prd_sha256: sha256Hex(PRD), calls: [] };
  writeFileSync(join(folder, "recordings", "sums", "recording.json"), JSON.stringify(recording));
  writeFileSync(join(folder, "sums.md"), PRD);
  api = await apiUnderTest({ recordings: join(folder, "recordings") });
  env = { AURA_MANAGER_URL: await api.app.listen({ port: 0, host: "127.0.0.1" }), MANAGER_API_KEY: api.keys.director };
  landed = await landedRun(api.db);
});
afterAll(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

/** What the Auditor does all the time: only numbered events are streamed. */
const numberEvents = () => api.db.pools.auditor.query("select * from number_events(1000)");

async function openApproval(run_id: string, kind: "delivery" | "question"): Promise<string> {
  return (await openTestApproval(api.db, run_id, kind, newId())).id;
}

describe("run", () => {
  test("starts a run from a file, named after it, and prints where it stands", async () => {
    const { code, out, json } = await aura("run", join(folder, "sums.md"), "--json", "--budget-usd", "0");
    expect([code, out]).toEqual([0, out]);
    expect(json).toMatchObject({ project: "sums", status: "planning", spend: { usd_limit: "0.00" } });
    const status = await aura("status", json.id);
    expect(status.out).toContain(`run ${json.id}`);
    expect(status.out).toMatch(/REQ +ready/);
  });

  test("tells the Manager's refusal with code, detail and hint", async () => {
    const file = join(folder, "other.md");
    writeFileSync(file, "# Never recorded\n\ntext\n");
    const { code, err } = await aura("run", file);
    expect(code).toBe(1);
    expect(err).toMatch(/^not_recorded: .+\nhint: Provider replay only plays the shipped examples/);
  });

  test("--yes approves a gate as the Director and goes on until the run is over", async () => {
    const waiting = aura("run", join(folder, "sums.md"), "--yes", "--project", "yes-run");
    const run_id = await untilRunOf("yes-run");
    const approval_id = await openApproval(run_id, "delivery");
    await numberEvents();
    await until(async () => (await api.get(`/v1/approvals/${approval_id}`)).body.status === "approved");
    await directorAction(api.db, "cancel", run_id);
    await numberEvents();
    const { code, out, err } = await waiting;
    expect([code, out]).toEqual([1, expect.stringContaining("cancelled")]);
    expect(err).toContain("approved: delivery");
    const { rows } = await api.db.pools.manager.query("select reason from director_actions where target_id = $1", [
      approval_id,
    ]);
    expect(rows).toEqual([{ reason: "aura run --yes: approved without a look" }]);
  });
});

async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 50));
}

async function untilRunOf(project: string): Promise<string> {
  for (;;) {
    const found = (await api.get("/v1/runs")).body.data.find((run: { project: string }) => run.project === project);
    if (found !== undefined) return found.id;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("decisions", () => {
  let run_id: string;
  beforeEach(async () => {
    run_id = (await createTestRun(api.db, { oversight: "supervised" })).run_id;
  });

  test("approve takes a run that has one gate open, and repeats the digest that was read", async () => {
    const id = await openApproval(run_id, "delivery");
    const { code, json } = await aura("approve", run_id, "--reason", "it is what I want", "--json");
    expect([code, json.action, json.target_id, json.outcome]).toEqual([0, "approve", id, "done"]);
    const again = await aura("approve", id, "--reason", "once more");
    expect([again.code, again.err]).toEqual([1, expect.stringContaining("approval_used")]);
  });

  test("two open gates must be named by their ids", async () => {
    const [first] = [await openApproval(run_id, "delivery"), await openApproval(run_id, "delivery")];
    const { code, err } = await aura("reject", run_id, "--reason", "which one?");
    expect([code, err]).toEqual([1, expect.stringContaining(first)]);
    expect((await aura("request-changes", first, "--reason", "smaller tasks please")).code).toBe(0);
    expect((await aura("approvals")).out).toContain("delivery");
  });

  test("answer answers the only question", async () => {
    const id = await openApproval(run_id, "question");
    const { code, out } = await aura("answer", run_id, "Half to even.");
    expect([code, out]).toEqual([0, expect.stringContaining("Which?")]);
    expect((await api.get(`/v1/approvals/${id}`)).body.answer).toBe("Half to even.");
  });
});

describe("interventions", () => {
  test("pause, resume, set-budget and cancel act on a run, and print the record", async () => {
    const { run_id } = await createTestRun(api.db);
    expect((await aura("pause", "latest", "--reason", "lunch")).out).toMatch(/^pause done, recorded as /);
    expect((await aura("pause", run_id, "--reason", "lunch")).code).toBe(1);
    expect((await aura("resume", run_id, "--reason", "back")).code).toBe(0);
    expect((await aura("set-budget", run_id, "--usd", "9", "--reason", "more work")).code).toBe(0);
    expect((await aura("cancel", run_id, "--reason", "not needed")).code).toBe(0);
    const { body } = await api.get(`/v1/runs/${run_id}`);
    expect([body.status, body.spend.usd_limit]).toEqual(["cancelled", "9.00"]);
  });

  test("tasks and requirements are named by RUN:KEY", async () => {
    const name = (key: string) => `${landed.run.run_id}:${key}`;
    const retry = await aura("retry", name("T1"), "--reason", "again");
    expect([retry.code, retry.err]).toEqual([1, expect.stringContaining("illegal_transition")]);
    expect((await aura("confirm", name("R2"), "--verdict", "pass", "--reason", "read it")).code).toBe(0);
    expect((await aura("override", name("R1"), "--verdict", "fail", "--reason", "seen it fail")).code).toBe(0);
    expect((await aura("task", name("T1"))).out).toMatch(/attempt 1 by .+: submitted\n {4}accepted by test-auditor/);
    expect((await aura("retry", name("T9"), "--reason", "again")).err).toContain("has no task T9");
  });
});

describe("what came of it", () => {
  test("report prints lines, Markdown or JSON", async () => {
    const { run_id } = landed.run;
    expect((await aura("report", run_id)).out).toMatch(/^ {2}R1 /m);
    expect((await aura("report", run_id, "--markdown")).out).toContain("#");
    expect((await aura("report", run_id, "--json")).json.run_id).toBe(run_id);
  });

  test("download needs a delivery, or unpacks the best so far into a new folder", async () => {
    const { run_id } = landed.run;
    expect((await aura("download", run_id)).err).toContain("nothing_delivered");
    const to = join(folder, "software");
    const { code, json } = await aura("download", run_id, "--revision", "best", "--to", to, "--json");
    expect([code, json.files]).toEqual([0, ["REPORT.md", "docs/über uns.md", "logo.bin", "sums/__init__.py"]]);
    expect(readFileSync(join(to, "sums/__init__.py"), "utf8")).toContain("# exact");
    expect((await aura("download", run_id, "--revision", "best", "--to", to)).err).toContain("folder_not_empty");
  });

  test("attest needs a delivery, and puts what is signed about it into new files", async () => {
    const [open, ended] = [await createTestRun(api.db), await createTestRun(api.db)];
    expect((await aura("attest", open.run_id)).err).toMatch(/not_attested: .* planning since .*hint: A delivery/s);
    await directorAction(api.db, "cancel", ended.run_id);
    expect((await aura("attest", ended.run_id)).err).toMatch(/never_attested: .* cancelled .*hint: Only a delivery/s);
  });

  test("export needs an ended run, and puts its evidence into a new file", async () => {
    const file = join(folder, "evidence.zip");
    const { run_id } = await createTestRun(api.db);
    expect((await aura("export", "--run", run_id, file)).err).toContain("illegal_transition");
    await directorAction(api.db, "cancel", run_id);
    await sealEndedRuns(api.db);
    const { code, json } = await aura("export", "--run", run_id, file, "--json");
    const bytes = readFileSync(file);
    expect([code, json.bytes, bytes.toString("latin1", 0, 2)]).toEqual([0, bytes.length, "PK"]);
    expect((await aura("export", "--run", run_id, file)).err).toContain("file_exists");
    expect((await aura("export", file)).code).toBe(2);
  });

  test("watch prints each change once and ends with the run", async () => {
    const { run_id } = await createTestRun(api.db);
    const watching = aura("watch", run_id);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await directorAction(api.db, "cancel", run_id);
    await numberEvents();
    const { code, err } = await watching;
    expect(code).toBe(1);
    const lines = err.trimEnd().split("\n");
    expect(lines.filter((line) => line.includes("REQ"))).toHaveLength(2);
    expect(lines.at(-1)).toContain("run cancelled");
  });

  test("keys are made, listed and revoked; the key is shown once and stored nowhere", async () => {
    const made = await aura(
      "keys",
      "create",
      "Wall screen",
      "--role",
      "observer",
      "--days",
      "30",
      "--reason",
      "the lobby",
      "--json",
    );
    const { key, id, expires_at } = made.json;
    expect([made.code, key]).toEqual([0, expect.stringMatching(/^aura_[\w-]{43}$/)]);
    expect(Date.parse(expires_at)).toBeGreaterThan(Date.now());
    const asObserver = { ...env, MANAGER_API_KEY: key };
    expect((await call(asObserver, "status")).code).toBe(0);
    expect((await call(asObserver, "stop-all", "--reason", "not mine to do")).err).toContain("forbidden");
    expect((await call(asObserver, "keys")).err).toContain("forbidden");
    expect((await aura("keys", "create", "Wall screen", "--role", "service", "--reason", "again")).err).toContain(
      "name_taken",
    );
    expect((await aura("keys", "create", "wall SCREEN", "--role", "service", "--reason", "again")).err).toContain(
      "name_taken",
    );
    expect((await aura("keys", "create", "Director", "--role", "director", "--reason", "again")).err).toContain(
      "name_taken",
    );
    expect((await aura("keys", "create", newId(), "--role", "director", "--reason", "again")).err).toContain(
      "not an id",
    );
    expect((await aura("keys")).out).toMatch(new RegExp(`^${id}  observer  Wall screen +expires`, "m"));
    expect((await aura("keys", "revoke", "Wall screen", "--reason", "moved out")).out).toContain("revoked");
    expect((await call(asObserver, "status")).err).toContain("unauthenticated");
    const { rows } = await api.db.pools.admin.query(
      "select action, reason, outcome from director_actions where target_id = $1 order by id",
      [id],
    );
    expect(rows).toEqual([
      { action: "create_key", reason: "the lobby", outcome: "done" },
      { action: "revoke_key", reason: "moved out", outcome: "done" },
    ]);
    expect((await aura("keys", "revoke", "director", "--reason", "lock myself out")).err).toContain(
      "last director key",
    );
  });

  test("agents lists the roster, doctor looks at this machine", async () => {
    await createTestRuntime(api.db);
    expect((await aura("agents")).out).toMatch(/^analyst +active/m);
    const { json } = await aura("doctor", "--json");
    const checks = json.findings.map(({ check }: { check: string }) => check);
    expect(checks).toEqual(["node", "postgres", "isolation", "clock", "git", "manager", "keys", "model"]);
    for (const { status, fix } of json.findings) expect(status === "ok").toBe(fix === null);
  });
});

test("the program runs as a process and finds the system of AURA_HOME by its runtime.json", async () => {
  const runtime = { manager_url: env.AURA_MANAGER_URL, api_key: env.MANAGER_API_KEY };
  writeFileSync(join(folder, "runtime.json"), JSON.stringify(runtime));
  const bin = fileURLToPath(new URL("../../cli/bin.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "status", "--json"], {
    env: { PATH: process.env.PATH, AURA_HOME: folder },
  });
  expect(JSON.parse(stdout).data.length).toBeGreaterThan(0);
});
