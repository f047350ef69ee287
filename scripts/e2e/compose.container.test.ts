import { type ApiClient, createApiClient } from "@aura/shared/api-client";
import { OPERATIONS } from "@aura/shared/schemas/api/operations";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { readExample } from "../system/shipped-example.ts";
import { type ComposeProject, type Container, openComposeProject } from "./compose-project.ts";
import { untilRun } from "./test-system.ts";

/** `docker compose up --build` on a clean checkout: the tests build on each other, from up to down. */

const EXAMPLE_KEY = "local-dev-only";
/** The database logins that each service's container may know. */
const LOGINS: Readonly<Record<string, readonly string[]>> = {
  postgres: [],
  migrate: ["aura_admin"],
  manager: ["aura_manager", "aura_observer"],
  "agent-runtime": ["aura_agent"],
  auditor: ["aura_auditor"],
  registry: [],
  sandbox: [],
  witness: [],
};
let project: ComposeProject;
let api: ApiClient;
let containers: Container[];
let delivered: string;

beforeAll(async () => {
  project = await openComposeProject();
  await project.up("--scale", "agent-runtime=3");
  api = createApiClient(project.manager_url, EXAMPLE_KEY);
  containers = await project.containers();
});
afterEach(async ({ task }) => {
  if (task.result?.state === "fail") console.error(await project.logs());
});
afterAll(() => project.remove());

test("the shipped example is delivered through the published port, each requirement proved in the sandbox container", async () => {
  const { name, prd } = readExample("lend");
  const body = { project: name, prd, provider: "replay", oversight: "autonomous" as const };
  const { id } = await api.call(OPERATIONS.startRun, { body });
  const run = await untilRun(api, id, ({ status }) => status === "completed", 800);
  delivered = id;
  expect(run).toMatchObject({ stop_reason: "verified", provider: "replay" });
  expect(run.requirements.total).toBeGreaterThan(0);
  expect(run.requirements.pass).toBe(run.requirements.total);
  const report = await api.call(OPERATIONS.getReport, { params: { run_id: id } });
  expect(new Set(report.requirements.map(({ state }) => state))).toEqual(new Set(["pass"]));
  expect(new Set(report.requirements.map(({ evidence }) => evidence?.sandbox_level))).toEqual(
    new Set(["container_launcher"]),
  );
  const environment = report.verification?.environment;
  expect(environment).toMatchObject({ sandbox_level: "container_launcher", canaries: { tcp: "contained" } });
  expect(Object.values(environment?.canaries ?? {})).not.toContain("escaped");
  expect(environment?.launcher_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(environment).toMatchObject({ isolator: "aura-launcher", runtime: "linux" });
  expect(environment?.seccomp_sha256).toMatch(/^[0-9a-f]{64}$/);
  expect((await runtimesOf(id)).size).toBeGreaterThan(1);
});

async function runtimesOf(run_id: string): Promise<Set<string | null>> {
  const { data } = await api.call(OPERATIONS.listTasks, { params: { run_id } });
  const tasks = await Promise.all(data.map(({ id }) => api.call(OPERATIONS.getTask, { params: { task_id: id } })));
  return new Set(tasks.flatMap(({ attempts }) => attempts.map(({ runtime_id }) => runtime_id)));
}

test("all of it is there, and the job that holds the administrator's login is over", () => {
  const states = containers.map(({ service, State }) => `${service} ${State.Status} ${State.ExitCode}`);
  expect(states.sort()).toEqual([
    ...["agent-runtime", "agent-runtime", "agent-runtime", "auditor", "manager"].map((name) => `${name} running 0`),
    "migrate exited 0",
    "postgres running 0",
    "registry running 0",
    "sandbox running 0",
    "witness running 0",
  ]);
});

test("nobody is root, nobody holds a capability, and only the Manager can be reached", async () => {
  for (const { id, service, Config, HostConfig, State } of containers) {
    expect(Config.User, service).not.toMatch(/^(|root|0)(:|$)/);
    if (State.Status === "running") expect(await project.userIds(id), service).not.toContain("0");
    expect(HostConfig, service).toMatchObject({ Privileged: false, CapDrop: ["ALL"] });
    expect(HostConfig.CapAdd ?? [], service).toEqual([]);
    const published = Object.values(HostConfig.PortBindings ?? {}).flat();
    expect(
      published.map(({ HostIp }) => HostIp),
      service,
    ).toEqual(service === "manager" ? ["127.0.0.1"] : []);
  }
});

test("what runs generated code has no network and no secret", () => {
  const sandbox = containers.find(({ service }) => service === "sandbox");
  expect(sandbox?.HostConfig.NetworkMode).toBe("none");
  expect((sandbox?.Config.Env ?? []).filter((line) => /_URL=|_KEY=|PASSWORD/.test(line))).toEqual([]);
});

function networksOf(name: string): string[] {
  const found = containers.find(({ service }) => service === name);
  return Object.keys(found?.NetworkSettings.Networks ?? {}).map((network) => network.replace(/^.*_/, ""));
}

test("what asks package registries reaches no database", () => {
  expect(networksOf("registry")).toEqual(["registry"]);
  expect(networksOf("postgres")).toEqual(["db"]);
});

test("the witness, a user of its own that only the Auditor reaches, cosigned what the report shows", async () => {
  expect(networksOf("witness")).toEqual(["witness"]);
  expect(containers.filter(({ service }) => networksOf(service).includes("witness"))).toHaveLength(2);
  const user = (name: string) => containers.find(({ service }) => service === name)?.Config.User.split(":")[0];
  expect(user("witness")).not.toBe(user("auditor"));
  const checkpoint = async () => (await api.call(OPERATIONS.getReport, { params: { run_id: delivered } })).checkpoint;
  await expect.poll(checkpoint, { timeout: 60_000, interval: 1000 }).toMatch(/^— aura_orchestra\/witness \S+$/m);
});

test("no container knows another's database login, and only the job knows passwords besides its own", () => {
  for (const { service, Config } of containers) {
    const lines = Config.Env ?? [];
    const logins = lines.flatMap((line) => /=postgres(?:ql)?:\/\/([^:]+):/.exec(line)?.[1] ?? []);
    expect(logins.sort(), service).toEqual(LOGINS[service]); // Compose hands variables over in no fixed order
    const named = lines.some((line) => /^[A-Z_]*PASSWORD=|^MANAGER_API_KEY=/.test(line));
    expect(named, service).toBe(service === "migrate" || service === "postgres");
  }
});

test("down -v leaves nothing behind", async () => {
  expect((await project.remains()).length).toBeGreaterThan(containers.length);
  await project.remove();
  expect(await project.remains()).toEqual([]);
});
