import { describe, expect, test } from "vitest";
import { aura } from "./aura.ts";

const NOWHERE = { AURA_HOME: "/nonexistent/aura-home" };

describe("called wrongly, aura exits with 2 and says what is wrong", () => {
  test.each([
    ["an unknown verb", ["explode"], "unknown command"],
    ["a missing argument", ["report"], "missing required argument"],
    ["an unknown option", ["status", "--colour"], "unknown option"],
    ["no reason for an intervention", ["pause", "latest"], "--reason"],
    ["no verdict for an override", ["override", "latest:T1", "--reason", "because"], "--verdict"],
    ["an impossible oversight", ["run", "PRD.md", "--oversight", "none"], "Allowed choices"],
  ])("%s", async (_, argv, message) => {
    const { code, err } = await aura(NOWHERE, ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
  });

  test("a file that is not there, a number that is none, a name that names nothing", async () => {
    const env = { AURA_MANAGER_URL: "http://127.0.0.1:1", MANAGER_API_KEY: "k" };
    expect((await aura(env, "run", "/nonexistent/PRD.md")).code).toBe(2);
    expect((await aura(env, "run", "x.md", "--budget-tokens", "many")).code).toBe(2);
    expect((await aura(env, "retry", "T1", "--reason", "because")).code).toBe(2);
    expect((await aura(env, "set-budget", "latest", "--reason", "because")).code).toBe(2);
  });
});

test("help lists every verb and exits with 0", async () => {
  const { code, out } = await aura(NOWHERE, "--help");
  expect(code).toBe(0);
  const verbs =
    "start run status task watch approve reject request-changes answer approvals pause resume cancel deliver-partial retry cancel-task override confirm set-budget stop-all resume-all report download export agents keys doctor";
  for (const verb of verbs.split(" ")) expect(out).toMatch(new RegExp(`^  ${verb}\\b`, "m"));
});

describe("where nobody answers, aura exits with 4 and tells code, detail and hint", () => {
  test("no Manager is configured and none runs", async () => {
    const { code, err } = await aura(NOWHERE, "status");
    expect(code).toBe(4);
    expect(err).toMatch(/^no_manager: .+\nhint: .*aura start/);
  });

  test("nobody answers; under --json as JSON on standard error", async () => {
    const env = { AURA_MANAGER_URL: "http://127.0.0.1:1", MANAGER_API_KEY: "k" };
    const { code, out, err } = await aura(env, "status", "--json");
    expect([code, out]).toEqual([4, ""]);
    expect(JSON.parse(err)).toMatchObject({ code: "unreachable", hint: expect.stringContaining("doctor") });
  });
});
